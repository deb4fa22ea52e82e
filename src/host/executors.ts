/** What the host needs to get an executor, now and again after a device was lost; and which one it is where nobody says. */
import { StudioError } from '../errors';
import { computedOn, type ExecutorInfo } from '../runs/record';
import type { ExecutorChoice, ExecutorName } from '../runs/settings';
import type { Executor } from '../runtime/executor';

export interface OpenedExecutor {
  readonly executor: Executor;
  readonly info: ExecutorInfo;
}

/** The present executor; makes a new one where the device of the last one is gone. */
export type OpenExecutor = () => Promise<OpenedExecutor>;

export interface ChosenExecutor {
  readonly open: OpenExecutor;
  /** Which it is and why, in a sentence. */
  readonly reason: string;
  /** What would make it faster, in a sentence. */
  readonly faster: string | null;
}

/** Throws what the executor throws that is asked for and is not there: `webgpu-missing` and its kin. */
export type ChooseExecutor = (choice: ExecutorChoice) => Promise<ChosenExecutor>;

/** Whoever asked: the person in the form or the address. */
const asked = 'It was chosen by hand.';

/** ONNX Runtime where WebGPU is not there, or has nothing but a software adapter, which is the slower of the two. */
export function executorChooser(executors: Readonly<Record<ExecutorName, OpenExecutor>>): ChooseExecutor {
  return async (choice) => {
    const name = choice === 'automatic' ? null : choice;
    if (name !== null && name !== 'onnx') return chosen(executors[name], asked, null);
    const webgpu = await executors.webgpu().catch(missing);
    if (name === null && !(webgpu instanceof StudioError) && !webgpu.info.isSoftwareAdapter)
      return chosen(executors.webgpu, 'It has a graphics card.', webgpu);
    const without = withoutCard(webgpu);
    return chosen(executors.onnx, name === null ? without : asked, webgpu);
  };
}

function missing(error: unknown): StudioError {
  if (error instanceof StudioError) return error;
  throw error;
}

type Found = OpenedExecutor | StudioError;

const withoutCard = (webgpu: Found): string =>
  webgpu instanceof StudioError
    ? webgpu.message
    : `WebGPU has only a software adapter here (${webgpu.info.adapter}), which is slower.`;

async function chosen(open: OpenExecutor, why: string, webgpu: Found | null): Promise<ChosenExecutor> {
  const { info } = await open();
  return { open, reason: `${computedOn(info)} computes. ${why}`, faster: fasterThan(info, webgpu) };
}

function fasterThan(
  { executor, runtime, isSoftwareAdapter }: ExecutorInfo,
  webgpu: Found | null,
): string | null {
  if (executor !== 'onnx') {
    if (!isSoftwareAdapter) return null;
    return 'ONNX Runtime is several times as fast on this processor, and a graphics card that the browser’s WebGPU can use is much faster still.';
  }
  if (webgpu && !(webgpu instanceof StudioError) && !webgpu.info.isSoftwareAdapter)
    return `WebGPU is faster: it has a graphics card (${webgpu.info.adapter}).`;
  const card =
    webgpu instanceof StudioError && webgpu.code === 'webgpu-missing'
      ? 'a browser with WebGPU, as Chrome and Edge are, on a computer with a graphics card'
      : 'a graphics card that the browser’s WebGPU can use';
  const isolation =
    runtime?.threads === 1 && !globalThis.crossOriginIsolated
      ? ' So would threads, for which the page must be cross-origin isolated: by its server’s headers, or by the service worker that it starts for itself.'
      : '';
  return `What would make it much faster is ${card}.${isolation}`;
}
