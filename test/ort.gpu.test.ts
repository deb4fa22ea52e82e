/** The development server gives ONNX Runtime and its threads to a worker as the build does. */
import { expect, it } from 'vitest';
import { onesMultiplied } from './onnx-product';

it.each([1, 2])('ONNX Runtime multiplies on %i threads in a worker', async (threads) => {
  expect(crossOriginIsolated).toBe(true);
  const worker = new Worker(new URL('./ort.worker.ts', import.meta.url), { type: 'module' });
  const answer = await new Promise((resolve, reject) => {
    worker.addEventListener('message', ({ data }) => resolve(data));
    worker.addEventListener('error', ({ message }) => reject(new Error(message)));
    worker.postMessage(threads);
  });
  worker.terminate();
  expect(answer).toEqual({ ...onesMultiplied, threads });
});
