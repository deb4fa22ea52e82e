/** The development server gives ONNX Runtime and its threads to a worker as the build does; and how many threads are measured to be the fastest. */
import { expect, it } from 'vitest';
import { measureThreads } from '../src/runtime/onnx/thread-gauge';
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

const startGauge = () =>
  new Worker(new URL('../workers/gauge.worker.ts', import.meta.url), { type: 'module' });

it('measures each number of threads that the machine has cores for, and takes one of them', async () => {
  const cores = navigator.hardwareConcurrency;
  expect(cores, 'a machine with one core has nothing to choose').toBeGreaterThan(1);
  const choice = await measureThreads(startGauge, cores);
  expect(choice!.speeds.map(({ threads }) => threads)).toEqual([1, 2, 3, 4, 6, 8].filter((n) => n <= cores));
  expect(choice!.speeds[0]!.speed).toBe(1);
  for (const { speed } of choice!.speeds) expect(speed).toBeGreaterThan(0);
  expect(choice!.speeds.map(({ threads }) => threads)).toContain(choice!.threads);
});

it('measures nothing where there is one core, and says nothing where its workers do not start', async () => {
  const none = () => {
    throw new Error('a worker was started');
  };
  expect(await measureThreads(none, 1)).toBeNull();
  const missing = () => new Worker(new URL('./no-such.worker.js', location.href), { type: 'module' });
  expect(await measureThreads(missing, 2)).toBeNull();
});
