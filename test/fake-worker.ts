/** A worker for tests of the page: answers `open` and the lists, remembers every command, says what a test has it say. */
import { lora } from '../src/adapters/methods/lora';
import type { ErrorReport } from '../src/errors';
import type { Port } from '../src/protocol/client';
import type { CommandMessage, ListedRun, StudioDescription, WorkerMessage } from '../src/protocol/types';
import { emptySeries, type RunSeries } from '../src/runs/series';
import { defaultSettings } from '../src/runs/settings';

export const description: StudioDescription = {
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

export class FakeWorker implements Port {
  readonly sent: CommandMessage[] = [];
  runs: readonly ListedRun[] = [];
  /** Of every run. */
  series: RunSeries = { ...emptySeries(), trainLoss: { step: [1, 2], value: [0.5, 0.25] } };
  /** Of a run that trains in another tab. */
  refusesTraining = false;
  /** A command that is answered with an error. */
  refused: { readonly type: CommandMessage['type']; readonly error: ErrorReport } | null = null;
  readonly #opened: StudioDescription;
  #listener: Listener = () => {};

  constructor(opened = description) {
    this.#opened = opened;
  }

  postMessage(message: CommandMessage): void {
    this.sent.push(message);
    const { type, id } = message;
    const values: Readonly<Record<string, unknown>> = {
      open: this.#opened,
      listRuns: this.runs,
      series: this.series,
    };
    if (type === 'train' && !this.refusesTraining) return;
    const error =
      type === 'train'
        ? { code: 'other-tab', message: 'Another tab trains.', hint: 'Go there.' }
        : this.refused?.type === type
          ? this.refused.error
          : null;
    this.tell(
      error
        ? { type: 'answer', id, ok: false, error }
        : { type: 'answer', id, ok: true, value: (values[type] ?? []) as [] },
    );
  }

  tell(data: WorkerMessage): void {
    this.#listener({ data } as MessageEvent<WorkerMessage>);
  }

  requests(type: CommandMessage['type']): readonly unknown[] {
    return this.sent.filter((message) => message.type === type).map(({ request }) => request);
  }

  terminate(): void {}

  addEventListener(type: 'message' | 'error', listener: (event: never) => void): void {
    if (type === 'message') this.#listener = listener as Listener;
  }
}
