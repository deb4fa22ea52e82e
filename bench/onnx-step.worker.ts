/** Steps of the ONNX executor in a worker of its own, as the training worker takes them: told a number of threads first. */
import { toErrorReport } from '../src/errors';
import type { ExecutorBatch, Session } from '../src/runtime/executor';
import { OnnxExecutor } from '../src/runtime/onnx/executor';
import { loadOrt } from '../src/runtime/onnx/load-ort';
import { batchOf, sessionOn, stepSettings, type Workload } from './workload';

declare const self: DedicatedWorkerGlobalScope;

export interface OnnxStepMessage {
  readonly threads: number;
  readonly workload: Workload;
  /** Take this many steps and say each one's milliseconds. */
  readonly steps: number;
}

export interface OnnxStepAnswer {
  readonly openMs: number;
  readonly stepMs: readonly number[];
}

let opened: Promise<{ session: Session; batch: ExecutorBatch; openMs: number }> | undefined;
let step = 0;

async function open({ threads, workload }: OnnxStepMessage) {
  const executor = new OnnxExecutor(await loadOrt(threads));
  const batch = await batchOf(workload);
  const start = performance.now();
  const session = await sessionOn(executor, workload, batch);
  return { session, batch, openMs: performance.now() - start };
}

self.addEventListener('message', async ({ data }: MessageEvent<OnnxStepMessage>) => {
  try {
    opened ??= open(data);
    const { session, batch, openMs } = await opened;
    const stepMs: number[] = [];
    for (let i = 0; i < data.steps; i++) {
      step += 1;
      const start = performance.now();
      await session.trainStep([batch], stepSettings(step));
      await session.takeMetrics(true);
      stepMs.push(performance.now() - start);
    }
    self.postMessage({ openMs, stepMs } satisfies OnnxStepAnswer);
  } catch (error) {
    self.postMessage(toErrorReport(error));
  }
});
