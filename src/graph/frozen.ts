/** How the numbers of a weight matrix are stored; arithmetic is in f32 whichever it is. `int8` has a scale for each row. */
export type Storage = 'f32' | 'f16' | 'int8';

/**
 * Where the values of frozen leaves come from: one tensor at a time, so that a base model is never whole in memory only
 * because an executor is being opened.
 */
export interface FrozenTensors {
  /** The most compact storage that holds every value of the tensor exactly. */
  storage(name: string): Storage;
  /** Numbers in the tensor; undefined where there is none of the name. */
  elements(name: string): number | undefined;
  /** Row-major values, not to be written to. Rejects where there is no such tensor, or its file cannot be read. */
  read(name: string): Promise<Float32Array>;
}

/** Tensors that are in memory anyway: an adapter's, a test's. */
export function frozenInMemory(tensors: ReadonlyMap<string, Float32Array>): FrozenTensors {
  return {
    storage: () => 'f32',
    elements: (name) => tensors.get(name)?.length,
    read: async (name) => {
      const data = tensors.get(name);
      if (!data) throw new Error(`no values for the frozen tensor ${name}`);
      return data;
    },
  };
}
