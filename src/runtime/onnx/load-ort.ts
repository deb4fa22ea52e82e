/**
 * Loads ONNX Runtime into this worker: the build for WebAssembly alone, from the studio's own files. Its threads are workers that
 * it starts of `ortScript`; who guards this worker's scripts has to admit that one (docs/security.md).
 */
import * as module from 'onnxruntime-web/wasm';
import { StudioError } from '../../errors';
import { type Ort, ortOf } from './ort';
import { ortScript, ortWasm } from './ort-files';

/** One float through `Identity`, opset 18: the smallest session that starts the runtime. */
const smallestModel = Uint8Array.from(
  atob('CAgSADo3ChAKAXgSAXkiCElkZW50aXR5EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQEg=='),
  (character) => character.charCodeAt(0),
);

/**
 * Its WebAssembly is fetched and started by the first session. Once in a worker's life: neither a failed start nor the number
 * of threads can be mended without a new worker. More than one thread only where the worker is cross-origin isolated: elsewhere
 * there is one. Sessions reject with `onnx-runtime` where its files do not come or the browser cannot run them.
 */
export function loadOrt(threads: number): Ort {
  const absolute = (file: string) => new URL(file, self.location.href).href;
  module.env.wasm.wasmPaths = { mjs: absolute(ortScript), wasm: absolute(ortWasm) };
  const ort = ortOf(module, self.crossOriginIsolated ? threads : 1);
  let started: Promise<void> | null = null;
  return {
    ...ort,
    createSession: async (model, options) => {
      started ??= start(ort);
      await started;
      return ort.createSession(model, options);
    },
  };
}

async function start(ort: Ort): Promise<void> {
  const over = new AbortController();
  try {
    await Promise.race([startSession(ort), threadFails(over.signal)]);
  } catch (error) {
    throw new StudioError(
      'onnx-runtime',
      `ONNX Runtime could not be started: ${error instanceof Error ? error.message : String(error)}`,
      'Reload the page, with a network: its 14 MB are fetched at their first use. It needs a browser with WebAssembly SIMD.',
      { cause: error },
    );
  } finally {
    over.abort();
  }
}

async function startSession(ort: Ort): Promise<void> {
  const session = await ort.createSession(smallestModel);
  await session.release();
}

/** ONNX Runtime throws what a thread of it reports, and goes on waiting for that thread. */
function threadFails(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const report = ({ message }: ErrorEvent) =>
      reject(new Error(`a thread of it: ${message || 'no script'}`));
    self.addEventListener('error', report, { signal });
  });
}
