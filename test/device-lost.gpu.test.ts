/** `device.destroy()` in the middle of a run, at the host: the run goes on from its checkpoint to the same bits. */
import { expect, it } from 'vitest';
import { moods } from '../e2e/moods';
import type { OpenedExecutor } from '../src/host/executors';
import { StudioHost } from '../src/host/host';
import type { RunRecord } from '../src/protocol/records';
import type {
  AnswerMessage,
  CommandName,
  Commands,
  EventMessage,
  FilePreview,
  StudioDescription,
} from '../src/protocol/types';
import { acquireDevice, type StudioDevice } from '../src/runtime/webgpu/device';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import { Database } from '../src/storage/database';
import { StudioStore } from '../src/storage/store';

/** A host of its own with a device that the test can destroy. */
function makeHost(name: string) {
  const store = new StudioStore(new Database(`device-lost-${name}-${crypto.randomUUID()}`));
  const events: EventMessage[] = [];
  const answers = new Map<number, (message: AnswerMessage) => void>();
  let device: StudioDevice | null = null;
  let opened: OpenedExecutor | null = null;
  let lost = false;
  let onEvent: (event: EventMessage) => void = () => {};
  const open = async (): Promise<OpenedExecutor> => {
    if (opened && !lost) return opened;
    const acquired = await acquireDevice(navigator.gpu);
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
    chooseExecutor: async () => open,
    post: (message) => {
      if (message.type === 'answer') answers.get(message.id)?.(message);
      else {
        events.push(message);
        onEvent(message);
      }
    },
  });
  let id = 0;
  const send = <N extends CommandName>(type: N, request: Commands[N]['request']) =>
    new Promise<Commands[N]['answer']>((resolve, reject) => {
      const own = ++id;
      answers.set(own, (message) =>
        message.ok ? resolve(message.value as Commands[N]['answer']) : reject(message.error),
      );
      void host.handle({ type, id: own, request } as Parameters<StudioHost['handle']>[0]);
    });
  return {
    send,
    store,
    events,
    destroyDevice: () => device?.device.destroy(),
    listen: (listener: (event: EventMessage) => void) => {
      onEvent = listener;
    },
  };
}

/** Trains twelve steps; destroys the device when step `destroyAt` is reported. */
async function train(
  name: string,
  destroyAt: number | null,
): Promise<{ readonly run: RunRecord; readonly digest: string; readonly problems: readonly string[] }> {
  const host = makeHost(name);
  const description: StudioDescription = await host.send('open', { executor: null });
  const preview: FilePreview = await host.send('inspectFile', { file: new File([moods(90)], 'moods.csv') });
  const dataset = await host.send('createDataset', {
    importId: preview.importId,
    ...preview.guess,
    kind: { task: 'classification' },
    seed: 1,
  });
  const settings = { ...description.defaults, learningRate: 2e-3, epochs: 3, batchSize: 8, trainingRows: 32 };
  let destroyed = false;
  const ended = new Promise<RunRecord>((resolve) => {
    host.listen((event) => {
      if (event.type === 'steps' && destroyAt !== null && !destroyed && event.progress.step >= destroyAt) {
        destroyed = true;
        host.destroyDevice();
      }
      if (event.type === 'run' && ['finished', 'failed', 'interrupted'].includes(event.run.status))
        resolve(event.run);
    });
  });
  await host.send('train', { settings, datasetId: dataset.id });
  const run = await ended;
  const [adapter] = await host.store.listAdapters();
  const problems = host.events.flatMap((event) => (event.type === 'problem' ? [event.error.code] : []));
  return { run, digest: adapter?.sha256 ?? '', problems };
}

it('ends with the adapter of the undisturbed run', async () => {
  const undisturbed = await train('undisturbed', null);
  expect(undisturbed.run.status).toBe('finished');
  const disturbed = await train('disturbed', 5);
  expect(disturbed.problems).toEqual(['device-lost']);
  expect(disturbed.run.status).toBe('finished');
  expect(disturbed.run.trainLoss).toEqual(undisturbed.run.trainLoss);
  expect(disturbed.digest).toBe(undisturbed.digest);
});
