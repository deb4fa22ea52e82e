/** onnxruntime-web as the executor sees it: tensors, and sessions from a model's bytes. Whoever starts it hands it in. */
import type * as Ort from 'onnxruntime-web';

export interface OnnxRuntime {
  readonly version: string;
  /** What decides the bits of a run: version, backend, threads. Stands in the run's record. */
  readonly table: Readonly<Record<string, string>>;
  tensor(values: Float32Array | Uint32Array, dims: readonly number[]): Ort.Tensor;
  load(model: Uint8Array): Promise<Ort.InferenceSession>;
}

/** The running library, started with its number of threads. */
export function onnxRuntime(ort: typeof Ort, threads: number): OnnxRuntime {
  const version = ort.env.versions.web ?? ort.env.versions.common;
  return {
    version,
    table: { onnxruntime: version, backend: 'wasm', threads: String(threads) },
    tensor: (values, dims) =>
      values instanceof Uint32Array
        ? new ort.Tensor('int32', new Int32Array(values.buffer, values.byteOffset, values.length), dims)
        : new ort.Tensor('float32', values, dims),
    load: (model) =>
      ort.InferenceSession.create(model, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' }),
  };
}
