/** Values of the base model's tensors by name, as executors and initializers take them. */
import { invariant } from '../errors';
import { type FrozenTensors, frozenInMemory } from '../graph/frozen';
import { type CheckpointShapes, checkpointNames } from './checkpoint';
import { type EmbeddingTables, embeddingParts, tableOfTensor } from './embedding';
import type { EncoderConfig } from './hooks';

export interface BaseWeights {
  /** Encoder tensors, and the pooler's where the checkpoint has one. */
  readonly frozen: FrozenTensors;
  readonly tables: EmbeddingTables;
}

/**
 * What the encoder needs of a checkpoint, and nothing else of it: `read` is asked for these tensors only, by the file's names,
 * for the embedding tables at once and for the others when an executor wants them. Rejects with `bad-base-weights` naming a
 * tensor that is missing or has another shape.
 */
export async function baseWeightsOf(
  config: EncoderConfig,
  tensors: CheckpointShapes,
  read: (fileTensor: string) => Promise<Float32Array>,
  fileName?: string,
): Promise<BaseWeights> {
  const inFile = checkpointNames(config, tensors, fileName);
  const tables: { -readonly [part in keyof EmbeddingTables]?: Float32Array } = {};
  for (const { part, name } of embeddingParts(config)) tables[part] = await read(inFile.get(name)!);
  const isEncoder = (name: string) => inFile.has(name) && tableOfTensor(name) === undefined;
  return {
    frozen: {
      elements: (name) =>
        isEncoder(name)
          ? tensors.get(inFile.get(name)!)!.shape.reduce((product, size) => product * size, 1)
          : undefined,
      read: async (name) => {
        invariant(isEncoder(name), `base weights: no tensor ${name}`);
        return read(inFile.get(name)!);
      },
    },
    tables: { words: tables.words!, positions: tables.positions!, tokenTypes: tables.tokenTypes ?? null },
  };
}

/** A tensor of the encoder or one of the embedding tables; undefined where the model has none of the name. */
export async function baseTensor(
  { frozen, tables }: BaseWeights,
  name: string,
): Promise<Float32Array | undefined> {
  const table = tableOfTensor(name);
  if (table) return tables[table] ?? undefined;
  return frozen.elements(name) === undefined ? undefined : frozen.read(name);
}

/** The encoder's tensors and an adapter's, which win: an executor takes from both what does not train. */
export function withTensors(
  frozen: FrozenTensors,
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): FrozenTensors {
  const own = frozenInMemory(new Map([...tensors].map(([name, { data }]) => [name, data])));
  return {
    storage: (name) => (tensors.has(name) ? own : frozen).storage(name),
    elements: (name) => own.elements(name) ?? frozen.elements(name),
    read: (name) => (tensors.has(name) ? own : frozen).read(name),
  };
}
