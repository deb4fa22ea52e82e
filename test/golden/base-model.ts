/** A frozen base model from a folder of the hub's layout, as tests need it. */
import { type BaseWeights, baseWeightsOf } from '../../src/models/base-weights';
import { checkpointNames } from '../../src/models/checkpoint';
import { parseEncoderConfig } from '../../src/models/encoder-config';
import type { EncoderConfig } from '../../src/models/hooks';
import { type FixtureSource, readJson, readTensors } from './source';

export interface BaseModel extends BaseWeights {
  readonly config: EncoderConfig;
  /** All of it at once, by name. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

export async function loadBaseModel(
  source: Pick<FixtureSource, 'bytes'>,
  folder: string,
): Promise<BaseModel> {
  const config = parseEncoderConfig(await readJson(source, `${folder}/config.json`));
  const stored = await readTensors(source, `${folder}/model.safetensors`);
  const data = (name: string) => stored.get(name)!.data;
  const tensors = new Map([...checkpointNames(config, stored)].map(([name, inFile]) => [name, data(inFile)]));
  return { config, tensors, ...(await baseWeightsOf(config, stored, async (name) => data(name), folder)) };
}
