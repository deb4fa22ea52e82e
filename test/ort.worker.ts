/** ONNX Runtime in a worker, as the training worker loads it: told a number of threads, says what came of it. */
import { toErrorReport } from '../src/errors';
import { loadOrt } from '../src/runtime/onnx/load-ort';
import { multiplyOnes, productModel } from './onnx-product';

declare const self: DedicatedWorkerGlobalScope;

self.addEventListener('message', async ({ data: threads }: MessageEvent<number>) => {
  try {
    self.postMessage(await multiplyOnes(await loadOrt(threads), productModel));
  } catch (error) {
    self.postMessage(toErrorReport(error));
  }
});
