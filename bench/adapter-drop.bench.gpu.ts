/**
 * `npm run bench`: what leaving out the lowest layers (AdapterDrop) saves of a training step, as a share of the step with all
 * layers. The three step by turns in one run, so that a busy machine slows all of them; the fastest step of each counts.
 */
import { it } from 'vitest';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { baseOf, batchOf, sessionOn, stepSettings, type Workload } from './workload';

const device = await acquireDevice(navigator.gpu);
const layers = (await baseOf({ model: 'roberta-mini' })).config.numHiddenLayers;
const sequences = device.isSoftwareAdapter ? 4 : 32;
const rounds = device.isSoftwareAdapter ? 6 : 60;
const warmUps = 2;

/** A function that takes one step with the lowest layers left out, and answers its milliseconds. */
async function stepper(method: 'lora' | 'seq_bn', leftOut: number): Promise<() => Promise<number>> {
  const workload: Workload = {
    model: 'roberta-mini',
    sequences,
    length: 27,
    dropout: true,
    method,
    leftOut,
  };
  const batch = await batchOf(workload);
  const session = await sessionOn(new WebGpuExecutor(device), workload, batch);
  let step = 0;
  return async () => {
    step += 1;
    const start = performance.now();
    await session.ready();
    await session.trainStep([batch], stepSettings(step));
    await session.takeMetrics(true);
    return performance.now() - start;
  };
}

it.each(['lora', 'seq_bn'] as const)(
  'AdapterDrop of %s',
  async (method) => {
    const leftOut = [0, layers / 2, layers - 1];
    const steppers = await Promise.all(leftOut.map((count) => stepper(method, count)));
    const fastest = leftOut.map(() => Number.POSITIVE_INFINITY);
    for (let round = 0; round < warmUps + rounds; round++)
      for (const [i, step] of steppers.entries()) {
        const ms = await step();
        if (round >= warmUps) fastest[i] = Math.min(fastest[i]!, ms);
      }
    const told = leftOut.map(
      (count, i) =>
        `${count} of ${layers} left out: ${fastest[i]!.toFixed(1)} ms, ${(fastest[i]! / fastest[0]!).toFixed(2)}`,
    );
    console.log(
      `AdapterDrop, ${method} on roberta-mini, ${device.adapter}, ${sequences} × 27 tokens: ${told.join('; ')}`,
    );
  },
  600_000,
);
