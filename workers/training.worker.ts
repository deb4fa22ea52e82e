/** The training worker: acquires a device, makes a host, wires it to the page's messages. */
import { StudioError } from '../src/errors';
import type { ClassifierScript } from '../src/host/adapters/onnx-exports';
import { executorChooser, type OpenExecutor, type OpenedExecutor } from '../src/host/executors';
import { StudioHost } from '../src/host/host';
import type { CommandMessage } from '../src/protocol/types';
import type { ExecutorName } from '../src/runs/settings';
import { ortScript, ortWasm } from '../src/runtime/onnx/ort-files';
import type { ThreadChoice } from '../src/runtime/onnx/thread-choice';
import { measureThreads } from '../src/runtime/onnx/thread-gauge';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { acquireDevice, type StudioDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { fetchThrough } from '../src/storage/models/hub-port';
import { StudioStore } from '../src/storage/store';
import { traced } from '../src/trace';
import { guardScripts, isAt } from '../src/trusted-scripts';
import classifierWorker from './classifier.worker?worker&url';
import gaugeWorker from './gauge.worker?worker&url';
import hubWorker from './hub.worker?worker&url';

declare const self: DedicatedWorkerGlobalScope;

/** After a crash of the graphics process it takes Chrome a moment to have an adapter again: seconds on a busy machine. */
const attempts = { atFirst: 3, afterLoss: 20 };
const retryDelayMs = 500;

/** Each is opened when it is first chosen, and again where its device was lost. */
const executors: Readonly<Record<ExecutorName, OpenExecutor>> = {
  webgpu: reopening(openWebGpu),
  onnx: once(openOnnx),
  reference: async () => ({
    executor: referenceExecutor,
    info: { executor: 'reference', adapter: 'float64 loops', isSoftwareAdapter: true },
  }),
};

function reopening(open: typeof openWebGpu): OpenExecutor {
  let current: ReturnType<typeof openWebGpu> | null = null;
  return async () => {
    if (!current) current = open(attempts.atFirst);
    else if ((await current).isLost()) current = open(attempts.afterLoss);
    try {
      return (await current).opened;
    } catch (error) {
      current = null;
      throw error;
    }
  };
}

function once(open: OpenExecutor): OpenExecutor {
  let opened: Promise<OpenedExecutor> | null = null;
  return async () => {
    opened ??= open();
    try {
      return await opened;
    } catch (error) {
      // Its code did not come: the network may be back at the next choice.
      opened = null;
      throw error;
    }
  };
}

/** Its code comes when it is chosen; its WebAssembly of 14 MB when it first computes. */
async function openOnnx(): Promise<OpenedExecutor> {
  const [{ loadOrt }, { OnnxExecutor }, choice] = await Promise.all([
    import('../src/runtime/onnx/load-ort'),
    import('../src/runtime/onnx/executor'),
    chooseThreads(),
  ]);
  const ort = loadOrt(choice.threads);
  const { version, backend, threads } = ort;
  const { speeds } = choice;
  return {
    executor: new OnnxExecutor(ort),
    info: {
      executor: 'onnx',
      adapter: `${backend}, ${threads} thread${threads === 1 ? '' : 's'}${speeds ? ' (measured)' : ''}`,
      isSoftwareAdapter: true,
      runtime: { version, backend, threads, ...(speeds && { speeds }) },
    },
  };
}

/** As many as the page asks for in this worker's name (`training 2`), if the machine has them; else as many as are measured to be the fastest. */
async function chooseThreads(): Promise<Pick<ThreadChoice, 'threads'> & Partial<ThreadChoice>> {
  const cores = self.crossOriginIsolated ? navigator.hardwareConcurrency : 1;
  const asked = Number(self.name.split(' ')[1]);
  if (asked >= 1) return { threads: Math.min(asked, cores) };
  const start = () => new Worker(absolute(gaugeWorker), { type: 'module', name: 'gauge' });
  return (await traced('measure threads', () => measureThreads(start, cores))) ?? { threads: 1 };
}

async function openWebGpu(
  attempts: number,
): Promise<{ readonly opened: OpenedExecutor; readonly isLost: () => boolean }> {
  const device = await acquireWithRetries(attempts);
  let lost = false;
  void device.lost.then(() => {
    lost = true;
  });
  const { adapter, isSoftwareAdapter } = device;
  return {
    opened: {
      executor: new WebGpuExecutor(device),
      info: { executor: 'webgpu', adapter, isSoftwareAdapter },
    },
    isLost: () => lost,
  };
}

async function acquireWithRetries(attempts: number): Promise<StudioDevice> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await acquireDevice(navigator.gpu);
    } catch (error) {
      const temporary = error instanceof StudioError && error.code !== 'webgpu-missing';
      if (!temporary || attempt === attempts) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
    }
  }
}

/** This worker has the person's data and may reach nobody but the studio's own server. */
function openHub(connect: readonly string[]) {
  const address = new URL(hubWorker, self.location.href);
  // The server, or the service worker, makes the policy of this.
  for (const source of connect) address.searchParams.append('connect', source);
  const worker = new Worker(address, { type: 'module', name: 'hub' });
  const { fetch, fail } = fetchThrough(worker);
  worker.addEventListener('error', () =>
    fail(
      new StudioError(
        'hub-worker',
        'The part of the studio that talks to the hub could not start.',
        'Reload the page: the studio may have been replaced by a newer one on its server.',
      ),
    ),
  );
  return { fetch, end: () => worker.terminate() };
}

/** The worker's own files: the hub's part, the threads of ONNX Runtime and what tries how many, and what runs an exported model. */
const isUnderPolicy = guardScripts((address) =>
  [hubWorker, ortScript, gaugeWorker, classifierWorker].some((script) => isAt(address, script)),
);

const absolute = (file: string) => new URL(file, self.location.href).href;
// This file lies one folder below the site, in the source as in the build, whatever path the site is served under.
const siteBase = absolute('../');

/** Only the build has it as files that run elsewhere. */
const classifier: ClassifierScript = {
  script: absolute(classifierWorker),
  companions: [absolute(ortScript), absolute(ortWasm)],
  licences: `${siteBase}licences.json`,
  start: () => new Worker(absolute(classifierWorker), { type: 'module', name: 'classifier' }),
};

const host = new StudioHost({
  store: new StudioStore(),
  siteBase,
  ...(import.meta.env.PROD ? { classifier } : {}),
  chooseExecutor: executorChooser(executors),
  openHub,
  isUnderPolicy,
  channel: new BroadcastChannel('adapter-studio-records'),
  post: (message, transfer = []) => self.postMessage(message, transfer),
});

self.addEventListener('message', ({ data }: MessageEvent<CommandMessage>) => void host.handle(data));
