/** A host on a device, in the page of a test: commands as promises, events as they come. */
import { moods } from '../e2e/moods';
import type { OpenedExecutor } from '../src/host/executors';
import { StudioHost } from '../src/host/host';
import type {
  AnswerMessage,
  CommandName,
  Commands,
  DatasetSummary,
  EventMessage,
} from '../src/protocol/types';
import { acquireDevice, type StudioDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import type { Database } from '../src/storage/database';
import { StudioStore } from '../src/storage/store';

let current: Promise<StudioDevice> | null = null;

/** One device for all hosts of a test file, whose kernels are compiled once; another one when it was lost. */
function sharedDevice(): Promise<StudioDevice> {
  current ??= acquireDevice(navigator.gpu).then((device) => {
    void device.lost.then(() => {
      current = null;
    });
    return device;
  });
  return current;
}

/** Several hosts on one database are what several tabs are: Web Locks hold between them too. */
export function hostOn(database: Database) {
  const store = new StudioStore(database);
  const events: EventMessage[] = [];
  const waiting = new Set<() => void>();
  const answers = new Map<number, (message: AnswerMessage) => void>();
  let device: StudioDevice | null = null;
  let opened: OpenedExecutor | null = null;
  let lost = false;
  let onEvent: (event: EventMessage) => void = () => {};
  const open = async (): Promise<OpenedExecutor> => {
    if (opened && !lost) return opened;
    const acquired = await sharedDevice();
    device = acquired;
    lost = false;
    void acquired.lost.then(() => {
      lost = true;
    });
    opened = {
      executor: new WebGpuExecutor(acquired),
      info: { executor: 'webgpu', adapter: acquired.adapter, isSoftwareAdapter: acquired.isSoftwareAdapter },
    };
    return opened;
  };
  const host = new StudioHost({
    store,
    siteBase: `${location.origin}/`,
    chooseExecutor: async () => ({ open, reason: '', faster: null }),
    post: (message) => {
      if (message.type === 'answer') {
        answers.get(message.id)?.(message);
        return;
      }
      events.push(message);
      onEvent(message);
      for (const wake of waiting) wake();
      waiting.clear();
    },
  });
  let id = 0;
  /** Rejects with the error report. */
  const send = <N extends CommandName>(type: N, request: Commands[N]['request']) =>
    new Promise<Commands[N]['answer']>((resolve, reject) => {
      const own = ++id;
      answers.set(own, (message) =>
        message.ok ? resolve(message.value as Commands[N]['answer']) : reject(message.error),
      );
      // As a message comes: in a turn of its own.
      setTimeout(() => void host.handle({ type, id: own, request } as Parameters<StudioHost['handle']>[0]));
    });
  /** What `find` finds in the events, now or when it has come. */
  const until = async <T>(find: (events: readonly EventMessage[]) => T | undefined): Promise<T> => {
    for (let found = find(events); ; found = find(events)) {
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => waiting.add(resolve));
    }
  };
  return {
    send,
    store,
    events,
    until,
    destroyDevice: () => device?.device.destroy(),
    listen: (listener: (event: EventMessage) => void) => {
      onEvent = listener;
    },
  };
}

export type HostInPage = ReturnType<typeof hostOn>;

/** A small data set of three moods, as a dropped file becomes one. */
export async function bringMoods({ send }: HostInPage): Promise<DatasetSummary> {
  const { importId, guess } = await send('inspectFile', { file: new File([moods(90)], 'moods.csv') });
  return send('createDataset', { importId, ...guess, kind: { task: 'classification' }, seed: 1 });
}
