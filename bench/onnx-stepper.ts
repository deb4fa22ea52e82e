/** Steps of the ONNX executor in a worker of its own, with a number of threads of its own; and what measures how many are the fastest. */
import type { OnnxStepAnswer, OnnxStepMessage } from './onnx-step.worker';
import OnnxStepWorker from './onnx-step.worker?worker';
import type { Workload } from './workload';

interface OnnxStepper {
  /** Takes steps now; milliseconds of each. */
  readonly take: (steps: number) => Promise<readonly number[]>;
  readonly end: () => void;
}

export function onnxStepper(workload: Workload, threads: number): OnnxStepper {
  const worker = new OnnxStepWorker();
  const send = (steps: number) =>
    new Promise<OnnxStepAnswer>((resolve, reject) => {
      worker.onmessage = ({ data }) =>
        'stepMs' in data ? resolve(data) : reject(new Error(JSON.stringify(data)));
      worker.postMessage({ threads, workload, steps } satisfies OnnxStepMessage);
    });
  return { take: async (steps) => (await send(steps)).stepMs, end: () => worker.terminate() };
}

export const startGauge = () =>
  new Worker(new URL('../workers/gauge.worker.ts', import.meta.url), { type: 'module' });
