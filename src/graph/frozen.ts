/**
 * Where the values of frozen leaves come from: one tensor at a time, so that a base model is never whole in memory only
 * because an executor is being opened.
 */
export interface FrozenTensors {
  /** Numbers in the tensor; undefined where there is none of the name. */
  elements(name: string): number | undefined;
  /** Row-major values, not to be written to. Rejects where there is no such tensor, or its file cannot be read. */
  read(name: string): Promise<Float32Array>;
}

/** Tensors that are in memory anyway: an adapter's, a test's. */
export function frozenInMemory(tensors: ReadonlyMap<string, Float32Array>): FrozenTensors {
  return {
    elements: (name) => tensors.get(name)?.length,
    read: async (name) => {
      const data = tensors.get(name);
      if (!data) throw new Error(`no values for the frozen tensor ${name}`);
      return data;
    },
  };
}
