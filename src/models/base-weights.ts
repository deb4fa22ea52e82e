/** Values of the base model's tensors by name, as executors and initializers take them. */
import { invariant, StudioError } from '../errors';
import type { FrozenTensors, Storage } from '../graph/frozen';
import { roundTo } from '../graph/rounding';
import { type CheckpointShapes, checkpointNames } from './checkpoint';
import { type EmbeddingTables, embeddingParts, tableOfTensor } from './embedding';
import { frozenTensors, poolerTensors } from './encoder';
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
      storage: (name) => (tensors.get(inFile.get(name) ?? '')?.dtype === 'F16' ? 'f16' : 'f32'),
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

/**
 * The base model with its weight matrices rounded to what `storage` can hold, for whoever reads them; `checkpoint` leaves
 * them as they are. Vectors (biases, LayerNorms) and embedding tables are few or on the CPU, and stay in float32. Reading
 * rejects with `weights-too-large` where a value does not fit into a half.
 */
export function storedAs(
  config: EncoderConfig,
  frozen: FrozenTensors,
  storage: Storage | 'checkpoint',
): FrozenTensors {
  if (storage === 'checkpoint') return frozen;
  const rows = new Map(
    [...frozenTensors(config), ...poolerTensors(config)].flatMap(({ name, shape }) =>
      shape.length === 2 ? [[name, shape[0]!] as const] : [],
    ),
  );
  return {
    elements: frozen.elements,
    storage: (name) => (rows.has(name) ? storage : 'f32'),
    read: async (name) => {
      const data = await frozen.read(name);
      const ofMatrix = rows.get(name);
      const rounded = ofMatrix === undefined ? data : roundTo(storage, data, ofMatrix);
      if (rounded) return rounded;
      throw new StudioError(
        'weights-too-large',
        `${name} of the base model has values beyond 65,504, the largest number of 16 bits.`,
        'Choose f32 or int8 as the storage of the base model, under Advanced.',
      );
    },
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
