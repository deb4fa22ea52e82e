import { expect, it } from 'vitest';
import { lora } from '../../adapters/lora';
import type { Port } from '../../protocol/client';
import type { CommandMessage, StudioDescription, WorkerMessage } from '../../protocol/types';
import { defaultSettings } from '../../runs/settings';
import { Studio } from './studio';

const description: StudioDescription = {
  choice: 'automatic',
  reason: 'WebGPU on recorded stream computes. It has a graphics card.',
  faster: null,
  executor: { executor: 'webgpu', adapter: 'test', isSoftwareAdapter: false },
  notice: null,
  methods: [lora],
  headActivations: ['tanh'],
  library: {
    baseModels: [],
    unfinished: [],
    storage: { usedBytes: 0, quotaBytes: null, isPersistent: false },
    hub: { endpoint: 'https://huggingface.co', hasToken: false, downloadHosts: [] },
  },
  datasets: [],
  defaults: { ...defaultSettings, method: 'lora', methodConfig: lora.defaultConfig! },
  defaultDatasetId: 'd',
  isUnderPolicy: true,
};

type Listener = (event: MessageEvent<WorkerMessage>) => void;

/** Answers `open` and the lists; remembers every command. */
class FakeWorker implements Port {
  readonly sent: CommandMessage[] = [];
  #listener: Listener = () => {};

  postMessage(message: CommandMessage): void {
    this.sent.push(message);
    const value = message.type === 'open' ? description : [];
    if (message.type === 'train') return;
    this.#listener({
      data: { type: 'answer', id: message.id, ok: true, value },
    } as MessageEvent<WorkerMessage>);
  }

  terminate(): void {}

  addEventListener(type: 'message' | 'error', listener: (event: never) => void): void {
    if (type === 'message') this.#listener = listener as Listener;
  }
}

it('goes on from an adapter whose method the form does not offer', async () => {
  const worker = new FakeWorker();
  const studio = new Studio(() => worker);
  await studio.open(null);
  studio.edit({ startFrom: 'imported', baseModel: 'roberta-tiny', method: 'peft_dora' });
  expect(studio.store.getState().form).toMatchObject({ startFrom: 'imported', method: 'lora' });
  void studio.train();
  const train = worker.sent.find(({ type }) => type === 'train');
  expect(train?.request).toMatchObject({ datasetId: 'd', settings: { startFrom: 'imported' } });
});
