/** A frozen base model from a folder of the hub's layout, as tests need it. */
import { frozenInMemory } from '../../src/graph/frozen';
import type { BaseWeights } from '../../src/models/base-weights';
import { embeddingTensors } from '../../src/models/embedding';
import type { RobertaConfig } from '../../src/models/hooks';
import { baseTensors, parseRobertaConfig } from '../../src/models/roberta';
import { type FixtureSource, readJson, readTensors } from './source';

export interface BaseModel extends BaseWeights {
  readonly config: RobertaConfig;
  /** All of it at once, by name. */
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

export async function loadBaseModel(source: FixtureSource, folder: string): Promise<BaseModel> {
  const config = parseRobertaConfig(await readJson(source, `${folder}/config.json`));
  const stored = await readTensors(source, `${folder}/model.safetensors`);
  const data = (name: string) => {
    const tensor = stored.get(name);
    if (!tensor) throw new Error(`${folder}: no tensor ${name}`);
    return tensor.data;
  };
  const tensors = new Map(baseTensors(config).map(({ name }) => [name, data(name)]));
  return {
    config,
    tensors,
    frozen: frozenInMemory(tensors),
    tables: {
      words: data(embeddingTensors.words),
      positions: data(embeddingTensors.positions),
      tokenTypes: data(embeddingTensors.tokenTypes),
    },
  };
}
