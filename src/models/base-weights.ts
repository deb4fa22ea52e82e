/** Values of the base model's tensors by name, as executors and initializers take them. */
import { type FrozenTensors, frozenInMemory } from '../graph/frozen';
import { type EmbeddingTables, embeddingTensors } from './embedding';

export interface BaseWeights {
  /** Encoder tensors. */
  readonly frozen: FrozenTensors;
  readonly tables: EmbeddingTables;
}

/** A tensor of the encoder or one of the embedding tables; undefined where the model has none of the name. */
export async function baseTensor(
  { frozen, tables }: BaseWeights,
  name: string,
): Promise<Float32Array | undefined> {
  const table = (Object.keys(embeddingTensors) as (keyof EmbeddingTables)[]).find(
    (part) => embeddingTensors[part] === name,
  );
  if (table) return tables[table];
  return frozen.elements(name) === undefined ? undefined : frozen.read(name);
}

/** The encoder's tensors and an adapter's, which win: an executor takes from both what does not train. */
export function withTensors(
  frozen: FrozenTensors,
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): FrozenTensors {
  const own = frozenInMemory(new Map([...tensors].map(([name, { data }]) => [name, data])));
  return {
    elements: (name) => own.elements(name) ?? frozen.elements(name),
    read: (name) => (tensors.has(name) ? own : frozen).read(name),
  };
}
