/**
 * `npx vitest run --project bench bench/threads`: which number of threads is measured to be the fastest, and how fast a step of the
 * ONNX executor is with each, on the machine as it is and with one and more cores kept busy. By turns in one run. Prints; asserts
 * nothing.
 */
import { it } from 'vitest';
import { threadCounts } from '../src/runtime/onnx/thread-choice';
import { measureThreads } from '../src/runtime/onnx/thread-gauge';
import BusyWorker from './busy.worker?worker';
import { onnxStepper, startGauge } from './onnx-stepper';
import type { Workload } from './workload';

const rounds = 5;
const stepsARound = 2;
const workload: Workload = { model: 'roberta-mini', sequences: 16, length: 32, dropout: false };
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const cores = navigator.hardwareConcurrency;

// The last one is a machine that says it has twice the cores that it may use, as one with a quota does.
it.each([
  [0, cores],
  [1, cores],
  [cores, cores],
  [0, 2 * cores],
])('with %i busy cores, of %i that are said to be there', async (busy, cores) => {
  const counts = threadCounts(cores);
  const steppers = counts.map((count) => onnxStepper(workload, count));
  for (const { take } of steppers) await take(1);
  const others = Array.from({ length: busy }, () => new BusyWorker());
  const choices: string[] = [];
  const times = counts.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const choice = await measureThreads(startGauge, cores);
    const words = choice?.speeds.map(({ threads, speed }) => `${threads}: ${speed.toFixed(2)}`).join(', ');
    choices.push(`${choice?.threads} (${words}; ${(performance.now() - start).toFixed(0)} ms)`);
    for (const [i, { take }] of steppers.entries()) times[i]!.push(...(await take(stepsARound)));
  }
  const one = median(times[0]!);
  const steps = counts.map(
    (count, i) => `${count}: ${median(times[i]!).toFixed(0)} ms, ${(one / median(times[i]!)).toFixed(2)}`,
  );
  console.log(
    `${busy} of ${cores} cores busy: measured ${choices.join(', ')}; steps (median) ${steps.join('; ')}`,
  );
  for (const worker of others) worker.terminate();
  for (const { end } of steppers) end();
});
