/** Values of the base model's tensors by name, as executors and initializers take them. */
import { type EmbeddingTables, embeddingTensors } from './embedding';

export interface BaseWeights {
  /** Encoder tensors. */
  readonly frozen: ReadonlyMap<string, Float32Array>;
  readonly tables: EmbeddingTables;
}

/** A tensor of the encoder or one of the embedding tables; undefined where the model has none of the name. */
export function baseTensor({ frozen, tables }: BaseWeights, name: string): Float32Array | undefined {
  const table = (Object.keys(embeddingTensors) as (keyof EmbeddingTables)[]).find(
    (part) => embeddingTensors[part] === name,
  );
  return table ? tables[table] : frozen.get(name);
}

/** The encoder's tensors and an adapter's: an executor takes from both what does not train. */
export function withTensors(
  frozen: ReadonlyMap<string, Float32Array>,
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): ReadonlyMap<string, Float32Array> {
  return new Map([
    ...frozen,
    ...[...tensors].map(([name, { data }]): [string, Float32Array] => [name, data]),
  ]);
}
