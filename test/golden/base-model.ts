/** A frozen base model from a folder of the hub's layout, as tests need it. */
import { type BaseWeights, baseWeightsOf } from '../../src/models/base-weights';
import { parseEncoderConfig } from '../../src/models/encoder-config';
import type { EncoderConfig } from '../../src/models/hooks';
import { type FixtureSource, readJson, readTensors } from './source';

export interface BaseModel extends BaseWeights {
  readonly config: EncoderConfig;
}

export async function loadBaseModel(source: FixtureSource, folder: string): Promise<BaseModel> {
  const config = parseEncoderConfig(await readJson(source, `${folder}/config.json`));
  const tensors = await readTensors(source, `${folder}/model.safetensors`);
  return { config, ...baseWeightsOf(config, tensors, (name) => tensors.get(name)!.data, folder) };
}
