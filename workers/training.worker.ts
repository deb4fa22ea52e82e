/** The training worker: acquires a device, makes a host, wires it to the page's messages. */
import { StudioError } from '../src/errors';
import type { OpenExecutor, OpenedExecutor } from '../src/host/executors';
import { StudioHost } from '../src/host/host';
import type { ExecutorName } from '../src/protocol/settings';
import type { CommandMessage } from '../src/protocol/types';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { acquireDevice, type StudioDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { StudioStore } from '../src/storage/store';

declare const self: DedicatedWorkerGlobalScope;

/** Chrome gives no adapter for two minutes after repeated crashes of its graphics process. */
const retriesForAdapter = 3;
const retryDelayMs = 500;

async function chooseExecutor(forced: ExecutorName | null): Promise<OpenExecutor> {
  if (forced === 'reference') {
    const opened: OpenedExecutor = {
      executor: referenceExecutor,
      info: { executor: 'reference', adapter: 'float64 loops', isSoftwareAdapter: true },
    };
    return async () => opened;
  }
  let current = await openWebGpu();
  return async () => {
    if (current.isLost()) current = await openWebGpu();
    return current.opened;
  };
}

async function openWebGpu(): Promise<{ readonly opened: OpenedExecutor; readonly isLost: () => boolean }> {
  const device = await acquireWithRetries();
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

/** After a crash of the graphics process the adapter may need a moment to come back. */
async function acquireWithRetries(): Promise<StudioDevice> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await acquireDevice(navigator.gpu);
    } catch (error) {
      const temporary = error instanceof StudioError && error.code !== 'webgpu-missing';
      if (!temporary || attempt === retriesForAdapter) throw error;
      await new Promise((resolve) => setTimeout(resolve, retryDelayMs));
    }
  }
}

const host = new StudioHost({
  store: new StudioStore(),
  // This file lies one folder below the site, in the source as in the build, whatever path the site is served under.
  siteBase: new URL('../', self.location.href).href,
  chooseExecutor,
  post: (message, transfer = []) => self.postMessage(message, transfer),
});

self.addEventListener('message', ({ data }: MessageEvent<CommandMessage>) => void host.handle(data));
