/** Values of the base model's tensors by name, as executors and initializers take them. */
import { type CheckpointShapes, checkpointNames } from './checkpoint';
import { type EmbeddingTables, embeddingParts, tableOfTensor } from './embedding';
import type { EncoderConfig } from './hooks';

export interface BaseWeights {
  /** Encoder tensors, and the pooler's where the checkpoint has one. */
  readonly frozen: ReadonlyMap<string, Float32Array>;
  readonly tables: EmbeddingTables;
}

/**
 * What the encoder needs of a checkpoint, and nothing else of it: `data` is asked for these tensors only, by the file's names.
 * Throws `bad-base-weights` naming a tensor that is missing or has another shape.
 */
export function baseWeightsOf(
  config: EncoderConfig,
  tensors: CheckpointShapes,
  data: (fileTensor: string) => Float32Array,
  fileName?: string,
): BaseWeights {
  const values = new Map(
    [...checkpointNames(config, tensors, fileName)].map(([name, inFile]) => [name, data(inFile)]),
  );
  const tables = new Map(embeddingParts(config).map(({ part, name }) => [part, values.get(name)!]));
  return {
    frozen: new Map([...values].filter(([name]) => tableOfTensor(name) === undefined)),
    tables: {
      words: tables.get('words')!,
      positions: tables.get('positions')!,
      tokenTypes: tables.get('tokenTypes') ?? null,
    },
  };
}

/** A tensor of the encoder or one of the embedding tables; undefined where the model has none of the name. */
export function baseTensor({ frozen, tables }: BaseWeights, name: string): Float32Array | undefined {
  const table = tableOfTensor(name);
  return table ? (tables[table] ?? undefined) : frozen.get(name);
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
