/**
 * A checkpoint of roberta-base's sizes, 499 MB of seeded noise, from a hub into the browser and onto the GPU. Half a minute, but
 * half a gigabyte several times over, so it is not part of `npm test`: `LONG=1 npx playwright test e2e/long/roberta-base`.
 */
import { readFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import type { Tensor } from '../../src/formats/bundle';
import { writeSafetensors } from '../../src/formats/safetensors';
import { baseTensors } from '../../src/models/encoder';
import { parseEncoderConfig } from '../../src/models/encoder-config';
import { FakeHub } from '../../test/fake-hub';
import { StudioPage } from '../studio-page';

test.skip(!process.env.LONG, 'half a gigabyte; set LONG=1');

/** `config.json` of roberta-base. */
const config = {
  model_type: 'roberta',
  hidden_act: 'gelu',
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  vocab_size: 50265,
  max_position_embeddings: 514,
  type_vocab_size: 1,
  pad_token_id: 1,
  layer_norm_eps: 1e-5,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  initializer_range: 0.02,
};

/** Values in ±0.035, whose deviation is the initializer's 0.02; a LayerNorm's weights are 1. */
function noise(name: string, elements: number): Float32Array {
  const data = new Float32Array(elements);
  if (name.endsWith('LayerNorm.weight')) return data.fill(1);
  let state = name.length;
  for (let i = 0; i < elements; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = 0.07 * (state / 2 ** 32 - 0.5);
  }
  return data;
}

test('roberta-base is downloaded and trains', async ({ page }) => {
  test.setTimeout(900_000);
  const tensors = baseTensors(parseEncoderConfig(config)).map(({ name, shape }): [string, Tensor] => [
    name,
    {
      shape,
      data: noise(
        name,
        shape.reduce((product, size) => product * size, 1),
      ),
    },
  ]);
  const tokenizer = (name: string) => new Uint8Array(readFileSync(`public/models/roberta-tiny/${name}`));
  const hub = new FakeHub();
  hub.serve({
    name: 'roberta-base',
    files: new Map([
      ['config.json', new TextEncoder().encode(JSON.stringify(config))],
      ['tokenizer.json', tokenizer('tokenizer.json')],
      ['tokenizer_config.json', tokenizer('tokenizer_config.json')],
      ['model.safetensors', writeSafetensors(new Map(tensors))],
    ]),
  });
  await hub.listen();
  const studio = new StudioPage(page);
  await studio.open();
  await studio.useHub(hub.endpoint);
  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('roberta-base');
  await studio.button('Find model').click();
  const download = page.getByRole('button', { name: /^Download/ });
  await download.waitFor();
  let began = performance.now();
  const lap = (what: string) => {
    console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    began = performance.now();
  };
  await download.click();
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('roberta-base');
  lap('downloaded, hashed, checked');
  await studio.fill({ batchSize: 2, trainingRows: 4, epochs: 1, maxLength: 16 });
  began = performance.now();
  await studio.button('Train').click();
  await expect(studio.status).toHaveText('Training', { timeout: 300_000 });
  lap('read and compiled');
  await expect(page.getByText('2 of 2', { exact: true })).toBeVisible({ timeout: 300_000 });
  lap('two steps');
  await hub.close();
});
