import { expect, it } from 'vitest';
import { onnxInfo } from '../../../test/onnx-info';
import { lora } from '../../adapters/lora';
import type { ErrorReport } from '../../errors';
import type { Port } from '../../protocol/client';
import { defaultSettings } from '../../protocol/settings';
import type {
  CommandMessage,
  DatasetSummary,
  ListedRun,
  StudioDescription,
  WorkerMessage,
} from '../../protocol/types';
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
  /** A command that is answered with an error. */
  refused: { readonly type: CommandMessage['type']; readonly error: ErrorReport } | null = null;
  readonly #answers: Readonly<Record<string, unknown>>;
  #listener: Listener = () => {};

  constructor(answers: Readonly<Record<string, unknown>> = {}) {
    this.#answers = { open: description, ...answers };
  }

  postMessage(message: CommandMessage): void {
    this.sent.push(message);
    const value = this.#answers[message.type] ?? [];
    if (message.type === 'train') return;
    const answer =
      this.refused?.type === message.type ? { ok: false, error: this.refused.error } : { ok: true, value };
    this.#listener({
      data: { type: 'answer', id: message.id, ...answer },
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

it('says nothing of a verification that the person cancelled, and everything of one that failed', async () => {
  const worker = new FakeWorker();
  const studio = new Studio(() => worker);
  await studio.open(null);
  for (const [code, problems] of [
    ['verify-cancelled', []],
    ['onnx-verify', ['onnx-verify']],
  ] as const) {
    worker.refused = { type: 'verifyOnnx', error: { code, message: 'It ended.', hint: '' } };
    await studio.verifyOnnx('a', 'd', ['f32']);
    const state = studio.store.getState();
    expect(state.problems.map((problem) => problem.code)).toEqual(problems);
    expect(state.pending).toEqual([]);
    expect(state.verifications).toEqual({});
  }
  await studio.cancelVerify('a');
  expect(worker.sent.at(-1)).toMatchObject({ type: 'cancelVerify', request: { adapterId: 'a' } });
});

/** An interrupted run of ONNX Runtime, and a page whose worker has these threads; the threads that later workers were asked for. */
async function resumed(recorded: number, present: number, changes: Partial<StudioDescription> = {}) {
  const empty = { step: [], value: [] };
  const run = {
    ...{ id: 'r', status: 'interrupted', executor: onnxInfo(recorded), dataset: { task: 'classification' } },
    ...{ trainLoss: empty, gradientNorm: empty, learningRate: empty, evaluations: [] },
  } as unknown as ListedRun;
  const workers: FakeWorker[] = [];
  const asked: (number | null)[] = [];
  const studio = new Studio((threads) => {
    asked.push(threads);
    const answers = {
      open: { ...description, executor: onnxInfo(threads ?? present), ...changes },
      listRuns: [run],
    };
    workers.push(new FakeWorker(answers));
    return workers.at(-1)!;
  });
  await studio.open(null);
  await studio.resume('r');
  const sent = workers.map((worker) => worker.sent.map(({ type }) => type));
  return { asked: asked.slice(1), resumedIn: sent.findIndex((types) => types.includes('resume')) };
}

it('resumes a run with the threads that it had, in another worker where this one has others', async () => {
  expect(await resumed(2, 2)).toEqual({ asked: [], resumedIn: 0 });
  expect(await resumed(1, 2)).toEqual({ asked: [1], resumedIn: 1 });
});

it('resumes a run with the threads there are where the machine has no more, or the worker alone has something', async () => {
  // Not isolated here: one is all there is.
  expect(await resumed(4, 2)).toEqual({ asked: [], resumedIn: 0 });
  const unkept = { id: 'd', isKept: false } as DatasetSummary;
  expect(await resumed(1, 2, { datasets: [unkept] })).toEqual({ asked: [], resumedIn: 0 });
});
