/** What the form says of the embedded base models is what their files hold. */
import { readFileSync, statSync } from 'node:fs';
import { expect, it } from 'vitest';
import { SafetensorsFile } from '../src/formats/safetensors';
import { embeddedModels } from '../src/host/models/base-models';
import { parseEncoderConfig } from '../src/models/encoder-config';
import { baseParameterCount } from '../src/models/parameter-count';

it.each(embeddedModels.map((model) => [model.id, model] as const))('%s', (id, description) => {
  const folder = `public/models/${id}`;
  const config = parseEncoderConfig(JSON.parse(readFileSync(`${folder}/config.json`, 'utf8')));
  const weights = readFileSync(`${folder}/model.safetensors`);
  const stored = [...new SafetensorsFile(new Uint8Array(weights), id).entries.values()];
  const numbers = stored.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);
  expect(description).toMatchObject({
    layers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    parameterCount: numbers,
    downloadBytes: statSync(`${folder}/model.safetensors`).size,
  });
  expect(baseParameterCount(config)).toBe(numbers);
});
