/** A frozen base model from a folder of the hub's layout, as tests need it. */
import { type EmbeddingTables, embeddingTensors } from '../../src/models/embedding';
import type { RobertaConfig } from '../../src/models/hooks';
import { frozenTensors, parseRobertaConfig } from '../../src/models/roberta';
import { type FixtureSource, readJson, readTensors } from './source';

export interface BaseModel {
  readonly config: RobertaConfig;
  readonly frozen: ReadonlyMap<string, Float32Array>;
  readonly tables: EmbeddingTables;
}

export async function loadBaseModel(source: FixtureSource, folder: string): Promise<BaseModel> {
  const config = parseRobertaConfig(await readJson(source, `${folder}/config.json`));
  const tensors = await readTensors(source, `${folder}/model.safetensors`);
  const data = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${folder}: no tensor ${name}`);
    return tensor.data;
  };
  return {
    config,
    frozen: new Map(frozenTensors(config).map(({ name }) => [name, data(name)])),
    tables: {
      words: data(embeddingTensors.words),
      positions: data(embeddingTensors.positions),
      tokenTypes: data(embeddingTensors.tokenTypes),
    },
  };
}
