/**
 * `npx vitest run --project bench bench/executors`: a step of each executor on the adapter and machine at hand, and of AdapterHub's
 * `adapters` where Python is installed. By turns in one run, so that a busy machine slows all of them; the fastest step of the
 * studio's executors counts, of Python the fastest of its runs' means. Prints; asserts nothing about time.
 */
import { it } from 'vitest';
import { commands } from 'vitest/browser';
import { measureThreads } from '../src/runtime/onnx/thread-gauge';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { onnxStepper, startGauge } from './onnx-stepper';
import { batchOf, sessionOn, stepSettings, type Workload } from './workload';

const rounds = 3;
const stepsARound = 4;
const referenceSteps = 12;

interface Contender {
  readonly name: string;
  /** Milliseconds of steps taken now. */
  readonly take: () => Promise<readonly number[]>;
  readonly end: () => void;
}

function onnx(workload: Workload, threads: number): Contender {
  const { take, end } = onnxStepper(workload, threads);
  return {
    name: `ONNX Runtime, ${threads} thread${threads > 1 ? 's' : ''}`,
    take: () => take(stepsARound),
    end,
  };
}

async function webgpu(workload: Workload): Promise<Contender | null> {
  const device = await acquireDevice(navigator.gpu);
  // Ten seconds a step there, and nothing to learn from more than one.
  const steps = device.isSoftwareAdapter ? 1 : stepsARound;
  const batch = await batchOf(workload);
  const session = await sessionOn(new WebGpuExecutor(device), workload, batch);
  let step = 0;
  return {
    name: `WebGPU on ${device.adapter}`,
    async take() {
      const times: number[] = [];
      for (let i = 0; i < steps; i++) {
        step += 1;
        const start = performance.now();
        await session.trainStep([batch], stepSettings(step));
        await session.takeMetrics(true);
        times.push(performance.now() - start);
      }
      return times;
    },
    end: () => session.dispose(),
  };
}

function reference(workload: Workload, padTo: number | null): Contender {
  return {
    name: padTo ? `AdapterHub, padded to ${padTo}` : 'AdapterHub',
    async take() {
      const run = await commands.referenceTrain(workload, referenceSteps, padTo);
      return run ? [run.stepMs] : [];
    },
    end: () => undefined,
  };
}

const mini = { model: 'roberta-mini', sequences: 16 } as const;
const workloads: readonly (Workload & { readonly padTo: number | null })[] = [
  { ...mini, length: 32, dropout: false, padTo: null },
  { ...mini, length: 32, dropout: true, padTo: null },
  // As the reference's run has them, against what AdapterHub's users pad them to.
  { ...mini, sequences: 32, length: 'rotten tomatoes', dropout: true, padTo: 80 },
];

it.each(workloads)(
  '$model, $sequences × $length, dropout $dropout',
  async ({ padTo, ...workload }) => {
    const cores = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
    const measured = (await measureThreads(startGauge, cores))?.threads ?? 1;
    console.log(`${measured} threads were measured to be the fastest on ${cores} cores`);
    const contenders = [
      ...[...new Set([1, measured, cores])].map((threads) => onnx(workload, threads)),
      ...(workload.dropout ? [] : [await webgpu(workload)]),
      reference(workload, padTo),
    ].filter((contender) => contender !== null);
    const fastest = new Map<Contender, number>();
    for (let round = 0; round < rounds; round++)
      for (const contender of contenders) {
        const times = await contender.take();
        if (times.length > 0)
          fastest.set(contender, Math.min(fastest.get(contender) ?? Number.POSITIVE_INFINITY, ...times));
      }
    const baseline = fastest.get(contenders.at(-1)!);
    for (const [{ name }, ms] of fastest) {
      const ratio = baseline ? `, ${(baseline / ms).toFixed(2)} × AdapterHub's speed` : '';
      console.log(
        `step of ${workload.model}, ${workload.sequences} × ${workload.length}, dropout ${workload.dropout ? 'on' : 'off'}: ` +
          `${name}: ${ms.toFixed(0)} ms, ${((1000 * workload.sequences) / ms).toFixed(1)} samples/s${ratio}`,
      );
    }
    for (const contender of contenders) contender.end();
  },
  900_000,
);
