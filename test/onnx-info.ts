import type { ExecutorInfo } from '../src/runs/record';

/** ONNX Runtime on so many threads, as records have it. */
export const onnxInfo = (threads: number): ExecutorInfo => ({
  executor: 'onnx',
  adapter: `wasm, ${threads} threads`,
  isSoftwareAdapter: true,
  runtime: { version: '1', backend: 'wasm', threads },
});
