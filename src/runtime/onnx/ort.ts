/**
 * ONNX Runtime as the executor sees it: sessions from bytes, tensors, and what the record of a run says of it. Knows nothing of
 * where it was loaded: `load-ort.ts` does that in a worker, tests do it in Node.
 */
import type { InferenceSession, Tensor, TensorConstructor } from 'onnxruntime-web/wasm';
import { invariant } from '../../errors';

export interface Ort {
  /** Of onnxruntime-web. */
  readonly version: string;
  readonly backend: 'wasm';
  /** That share each operator's work, the calling one among them. Of the whole runtime, for its lifetime. */
  readonly threads: number;
  readonly Tensor: TensorConstructor;
  /** A session of a model's bytes. Rejects with ONNX Runtime's own words where it does not take the model. */
  createSession(model: Uint8Array, options?: InferenceSession.SessionOptions): Promise<InferenceSession>;
}

/** The parts of onnxruntime-web's module that are used. */
export interface OrtModule {
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  readonly env: {
    readonly versions: { readonly web?: string };
    readonly wasm: { numThreads?: number };
    logLevel?: 'verbose' | 'info' | 'warning' | 'error' | 'fatal';
  };
}

/** The first session of a module starts its WebAssembly with this many threads; they cannot be changed after it. */
export function ortOf({ env, InferenceSession, Tensor }: OrtModule, threads: number): Ort {
  invariant(Number.isInteger(threads) && threads >= 1, `ort: ${threads} threads`);
  env.wasm.numThreads = threads;
  env.logLevel = 'error';
  return {
    version: env.versions.web ?? 'unknown',
    backend: 'wasm',
    threads,
    Tensor,
    createSession: (model, options) =>
      InferenceSession.create(model, { ...options, executionProviders: ['wasm'] }),
  };
}
