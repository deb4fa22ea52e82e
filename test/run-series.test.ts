/**
 * A run through the host, in Node on ONNX Runtime: whatever breaks it off, and made again, its series and its adapter are those of
 * the undisturbed run in every bit, and each point is stored once. What a person says of a run outlives all of it.
 */
import { readFileSync } from 'node:fs';
import * as module from 'onnxruntime-web';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { StudioError } from '../src/errors';
import type { OpenedExecutor } from '../src/host/executors';
import { StudioHost } from '../src/host/host';
import type { AnswerMessage, CommandName, Commands, EventMessage } from '../src/protocol/types';
import type { RunRecord } from '../src/runs/record';
import type { RunSettings } from '../src/runs/settings';
import { timePartIds, timesOf, totalSeconds } from '../src/runs/times';
import type { Executor, Session } from '../src/runtime/executor';
import { OnnxExecutor } from '../src/runtime/onnx/executor';
import { ortOf } from '../src/runtime/onnx/ort';
import { StudioStore } from '../src/storage/store';
import { metricsOf } from '../src/task';
import { FakeLocks } from './fake-locks';
import { MemoryDatabase } from './memory-database';

/** Loses its device before the step that the test names, once. */
class LosingExecutor extends OnnxExecutor {
  loseAt: number | null = null;

  override async open(options: Parameters<Executor['open']>[0]): Promise<Session> {
    const session = await super.open(options);
    const { trainStep } = session;
    session.trainStep = async (batches, step, signal) => {
      if (step.step === this.loseAt) {
        this.loseAt = null;
        throw new StudioError('device-lost', 'The device is gone.', 'It comes again.');
      }
      return trainStep.call(session, batches, step, signal);
    };
    return session;
  }
}

const words = ['a calm and quiet day', 'an angry day of shouting', 'a bright day of joy'];
const rows = (count: number) => ({
  texts: Array.from({ length: count }, (_, i) => `${words[i % 3]}, number ${i}`),
  labels: Uint32Array.from({ length: count }, (_, i) => i % 3),
});
const dataset = {
  version: 3,
  id: 'moods',
  name: 'moods.csv',
  task: 'classification',
  fingerprint: 'f',
  labelNames: ['calm', 'angry', 'happy'],
  inline: { train: rows(32), validation: rows(6) },
};

/** A directory of OPFS without anything in it, which is all that a host without kept models needs. */
const emptyDirectory: object = {
  getDirectoryHandle: async () => emptyDirectory,
  async *keys() {},
  async *values() {},
  async *entries() {},
};

beforeAll(() => {
  const storage = {
    getDirectory: async () => emptyDirectory,
    estimate: async () => ({ usage: 0, quota: 1e9 }),
    persisted: async () => true,
    persist: async () => true,
  };
  vi.stubGlobal('navigator', { locks: new FakeLocks(), storage });
  vi.stubGlobal('fetch', async (address: string, init?: RequestInit) => {
    const bytes = readFileSync(`public${new URL(address).pathname}`);
    return new Response(init?.method === 'HEAD' ? null : bytes);
  });
});

afterAll(() => vi.unstubAllGlobals());

const executor = new LosingExecutor(ortOf(module, 1));
const opened: OpenedExecutor = {
  executor,
  info: { executor: 'onnx', adapter: 'wasm, 1 thread', isSoftwareAdapter: true },
};

async function openStudio(kept?: MemoryDatabase) {
  const database = kept ?? new MemoryDatabase();
  if (!kept) await database.change({ set: [['dataset/moods', dataset]] });
  const events: EventMessage[] = [];
  const answers = new Map<number, (message: AnswerMessage) => void>();
  let listener: (event: EventMessage) => void = () => {};
  const store = new StudioStore(database);
  const host = new StudioHost({
    store,
    siteBase: 'http://studio/',
    chooseExecutor: async () => ({ open: async () => opened, reason: '', faster: null }),
    post: (message) => {
      if (message.type === 'answer') return answers.get(message.id)!(message);
      events.push(message);
      listener(message);
    },
  });
  let ids = 0;
  const send = <N extends CommandName>(type: N, request: Commands[N]['request']) =>
    new Promise<Commands[N]['answer']>((resolve, reject) => {
      const id = ++ids;
      answers.set(id, (message) =>
        message.ok ? resolve(message.value as Commands[N]['answer']) : reject(message.error),
      );
      setTimeout(() => void host.handle({ type, id, request } as Parameters<StudioHost['handle']>[0]));
    });
  const { defaults } = await send('open', { executor: null });
  const settings: RunSettings = {
    ...defaults,
    baseModel: 'roberta-tiny',
    learningRate: 2e-3,
    epochs: 2,
    batchSize: 8,
    trainingRows: null,
    evaluateEverySteps: 2,
  };
  const train = (changes: Partial<RunSettings> = {}) =>
    send('train', { settings: { ...settings, ...changes }, datasetId: 'moods' });
  const reached = (runId: string, status: string) =>
    vi.waitFor(
      () =>
        expect(events.findLast((event) => event.type === 'status' && event.runId === runId)).toMatchObject({
          status,
        }),
      { timeout: 60_000, interval: 20 },
    );
  /** Everything that a run came to. */
  const outcome = async (runId: string) => {
    const run = (await store.getRun(runId))!;
    const adapter = (await store.listAdapters()).find(({ id }) => id === run.adapterId)!;
    return {
      series: await send('series', { runId }),
      trainLoss: run.results?.trainLoss,
      lengths: run.series,
      sha256: adapter.sha256,
    };
  };
  return {
    send,
    train,
    reached,
    outcome,
    store,
    database,
    events,
    /** Acts on events; takes itself away where it returns true. */
    on: (act: (event: EventMessage) => boolean) => {
      listener = (event) => {
        if (!act(event)) return;
        listener = () => {};
      };
    },
  };
}

type Studio = Awaited<ReturnType<typeof openStudio>>;

let undisturbed: Awaited<ReturnType<Studio['outcome']>>;

it('stores each point once', async () => {
  const studio = await openStudio();
  const run = await studio.train();
  await studio.reached(run.id, 'finished');
  undisturbed = await studio.outcome(run.id);
  expect(undisturbed.series.trainLoss.step).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(undisturbed.series.evaluations.map(({ step }) => step)).toEqual([2, 4, 6, 8]);
  expect(undisturbed.lengths).toEqual({ trainLoss: 8, gradientNorm: 8, learningRate: 8, evaluations: 4 });
  const { value } = undisturbed.series.trainLoss;
  expect(undisturbed.trainLoss).toBe(value.reduce((sum, loss) => sum + loss, 0) / 8);
  expect(await studio.database.keys('series/')).toEqual([`series/${run.id}/00000000`]);
});

it('a device that is lost after a checkpoint, and before one', async () => {
  const studio = await openStudio();
  studio.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 4) return false;
    executor.loseAt = 7;
    // Answered between two steps: what was measured so far is a chunk of its own.
    void studio.send('checkpoint', {});
    return true;
  });
  const run = await studio.train();
  await studio.reached(run.id, 'finished');
  expect(executor.loseAt).toBeNull();
  expect(studio.events.filter(({ type }) => type === 'problem')).toHaveLength(1);
  expect(await studio.outcome(run.id)).toEqual(undisturbed);
});

it('a fault in the middle, resumed from a checkpoint before what was stored of it', async () => {
  const studio = await openStudio();
  studio.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 6) return false;
    throw new Error('a fault in the middle');
  });
  const run = await studio.train();
  await studio.reached(run.id, 'failed');
  studio.on(() => true);
  // What was measured up to the fault is kept, and the checkpoint is of before it.
  const failed = await studio.send('series', { runId: run.id });
  expect(failed.trainLoss.step).toEqual([1, 2, 3, 4, 5, 6]);
  expect((await studio.store.loadCheckpoint(run.id))?.run.series.trainLoss).toBe(0);
  await studio.send('resume', { runId: run.id });
  await studio.reached(run.id, 'finished');
  expect(await studio.outcome(run.id)).toEqual(undisturbed);
  expect(await studio.database.keys('series/')).toEqual([
    `series/${run.id}/00000000`,
    `series/${run.id}/00000001`,
  ]);
});

it('a store that is emptied in the middle', async () => {
  const studio = await openStudio();
  const run = await studio.train();
  studio.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 4) return false;
    void studio.send('pause', { runId: run.id });
    return true;
  });
  await studio.reached(run.id, 'paused');
  await studio.database.change({ deleteUnder: ['run/', 'series/', 'checkpoint/'] });
  await studio.send('resume', { runId: run.id });
  await studio.reached(run.id, 'finished');
  expect(await studio.outcome(run.id)).toEqual(undisturbed);
});

it('a run that waited', async () => {
  const studio = await openStudio();
  const first = await studio.train();
  const { settings } = first;
  const queued = await studio.send('train', { settings, datasetId: 'moods', queue: true });
  expect(queued.status).toBe('queued');
  await studio.reached(queued.id, 'finished');
  expect(await studio.outcome(first.id)).toEqual(undisturbed);
  expect(await studio.outcome(queued.id)).toEqual(undisturbed);
});

it('a page that is closed, and checkpoints that are gone: it begins again', async () => {
  const closed = await openStudio();
  const run = await closed.train();
  closed.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 4) return false;
    void closed.send('pause', { runId: run.id });
    return true;
  });
  await closed.reached(run.id, 'paused');
  const left = new MemoryDatabase();
  await left.change({ set: [...(await closed.database.entries(''))] });
  await left.change({ deleteUnder: ['checkpoint/'] });
  await closed.send('stop', { runId: run.id });
  await closed.reached(run.id, 'stopped');

  const studio = await openStudio(left);
  expect((await studio.store.getRun(run.id))?.step).toBeGreaterThan(0);
  await studio.send('resume', { runId: run.id });
  await studio.reached(run.id, 'finished');
  expect(await studio.outcome(run.id)).toEqual(undisturbed);
});

it('is the same curve where it is run again, under a name of its own', async () => {
  const studio = await openStudio();
  const run = await studio.train();
  await studio.reached(run.id, 'finished');
  const again = await studio.send('trainAgain', { runId: run.id });
  await studio.reached(again.id, 'finished');
  expect(again.name).not.toBe(run.name);
  expect(again.settings).toEqual(run.settings);
  const { trainLoss } = (await studio.outcome(again.id)).series;
  expect(trainLoss).toEqual(undisturbed.series.trainLoss);
  expect(await studio.outcome(again.id)).toEqual(undisturbed);
  expect(await studio.store.getRun(again.id)).toMatchObject({ bitExact: true });
  await studio.database.change({ set: [['dataset/moods', { ...dataset, fingerprint: 'another' }]] });
  // A host that has not read the rows yet, as after a reload.
  const later = await openStudio(studio.database);
  await expect(later.send('trainAgain', { runId: run.id })).rejects.toMatchObject({
    code: 'dataset-changed',
  });
});

it('keeps what a person said of it while it trained, through a fault and its checkpoint', async () => {
  const studio = await openStudio();
  studio.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 4) return false;
    const changes = { name: ' the one ', tags: ['good', 'good', ' '], notes: 'warm', archived: true };
    void studio.send('changeRun', { runId: event.runId, changes });
    executor.loseAt = 6;
    return true;
  });
  const run = await studio.train();
  await studio.reached(run.id, 'finished');
  const said = { name: 'the one', tags: ['good'], notes: 'warm', archived: true };
  expect(executor.loseAt).toBeNull();
  expect(await studio.store.getRun(run.id)).toMatchObject(said);
  expect((await studio.store.listAdapters())[0]!.name).toBe('the one');
  expect(await studio.outcome(run.id)).toEqual(undisturbed);

  await studio.send('changeRun', { runId: run.id, changes: { archived: false } });
  expect(await studio.store.getRun(run.id)).toMatchObject({ ...said, archived: false, status: 'finished' });
  const empty = studio.send('changeRun', { runId: run.id, changes: { name: ' ' } });
  await expect(empty).rejects.toMatchObject({ code: 'bad-setting' });
});

it('keeps what was said of an interrupted run when it goes on from a checkpoint of before', async () => {
  const studio = await openStudio();
  studio.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 6) return false;
    throw new Error('a fault in the middle');
  });
  const run = await studio.train();
  await studio.reached(run.id, 'failed');
  studio.on(() => true);
  await studio.send('changeRun', { runId: run.id, changes: { name: 'kept' } });
  expect(studio.events.findLast((event) => event.type === 'run')).toMatchObject({
    run: { name: 'kept', canResume: true },
  });
  await studio.send('resume', { runId: run.id });
  await studio.reached(run.id, 'finished');
  expect(await studio.store.getRun(run.id)).toMatchObject({ name: 'kept' });
  expect(await studio.outcome(run.id)).toEqual(undisturbed);
});

it('evaluates on the same rows each time, also after a resume, and on all at the end', async () => {
  const studio = await openStudio();
  const limited = { validationRows: 4 };
  const run = await studio.train(limited);
  await studio.reached(run.id, 'finished');
  const whole = await studio.outcome(run.id);
  expect(whole.series.trainLoss).toEqual(undisturbed.series.trainLoss);
  expect(whole.series.evaluations.map(({ step, rows: of }) => [step, of])).toEqual([
    [2, 4],
    [4, 4],
    [6, 4],
    [8, 4],
  ]);
  const { results } = (await studio.store.getRun(run.id))!;
  const ofAll = undisturbed.series.evaluations.at(-1)!;
  // All rows in other batches: the same figures, the loss up to the rounding of its sums.
  expect(results).toMatchObject({ evalRows: 6, evalMetrics: metricsOf(ofAll), evalBaseline: 1 / 3 });
  expect(results!.evalLoss).toBeCloseTo(ofAll.loss, 5);
  const [adapter] = await studio.store.listAdapters();
  expect(adapter!.evaluation).toEqual({ loss: results!.evalLoss, ...results!.evalMetrics });

  studio.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 4) return false;
    throw new Error('a fault in the middle');
  });
  const broken = await studio.train(limited);
  await studio.reached(broken.id, 'failed');
  studio.on(() => true);
  await studio.send('resume', { runId: broken.id });
  await studio.reached(broken.id, 'finished');
  expect(await studio.outcome(broken.id)).toEqual(whole);
});

it('has a result of some rows where it is to evaluate on no others', async () => {
  const studio = await openStudio();
  const run = await studio.train({ validationRows: 4, evaluateAllAtEnd: false });
  await studio.reached(run.id, 'finished');
  const { results, lastEvaluation } = (await studio.store.getRun(run.id))!;
  expect(results).toMatchObject({ evalRows: 4, evalLoss: lastEvaluation!.loss });
  expect((await studio.store.listAdapters())[0]!.evaluation).toMatchObject({ rows: 4 });
});

it('tells how long each part took, adds up what came before a resume, and promises the evaluations too', async () => {
  const studio = await openStudio();
  const begun = performance.now();
  studio.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 6) return false;
    throw new Error('a fault in the middle');
  });
  const run = await studio.train();
  await studio.reached(run.id, 'failed');
  studio.on(() => true);
  const before = (await studio.store.loadCheckpoint(run.id))!.run;
  expect(before.otherSeconds!.preparation).toBeGreaterThan(0);
  const told = studio.events.flatMap((event) => (event.type === 'preparing' && event.progress) || []);
  expect(told.some(({ remaining }) => remaining !== null && remaining.evaluation > 0)).toBe(true);
  await studio.send('resume', { runId: run.id });
  await studio.reached(run.id, 'finished');
  const ended = (await studio.store.getRun(run.id))!;
  const times = timesOf(ended);
  for (const part of timePartIds) expect([part, times[part]]).toEqual([part, expect.any(Number)]);
  expect(Math.min(...timePartIds.map((part) => times[part]!))).toBeGreaterThan(0);
  expect(times.preparation).toBeGreaterThan(before.otherSeconds!.preparation);
  expect(totalSeconds(times)).toBeLessThan((performance.now() - begun) / 1000);
  expect(studio.events.findLast((event) => event.type === 'run')).toMatchObject({ run: timed(ended) });
});

it('keeps to the training steps alone where the run was begun by a studio that kept no other times', async () => {
  const closed = await openStudio();
  closed.on((event) => {
    if (event.type !== 'evaluation' || event.point.step !== 4) return false;
    void closed.send('pause', { runId: event.runId });
    return true;
  });
  const run = await closed.train();
  await closed.reached(run.id, 'paused');
  const left = new MemoryDatabase();
  await left.change({ set: [...(await closed.database.entries(''))] });
  const { sha256: _, ...checkpoint } = (await closed.store.loadCheckpoint(run.id))!;
  const { otherSeconds, ...older } = checkpoint.run;
  expect(otherSeconds).toBeDefined();
  await new StudioStore(left).saveCheckpoint({ ...checkpoint, run: older }, []);
  await closed.send('stop', { runId: run.id });
  await closed.reached(run.id, 'stopped');

  const studio = await openStudio(left);
  await studio.send('resume', { runId: run.id });
  await studio.reached(run.id, 'finished');
  const ended = (await studio.store.getRun(run.id))!;
  expect(ended.elapsedSeconds).toBeGreaterThan(0);
  expect(ended).not.toHaveProperty('otherSeconds');
  expect(await studio.outcome(run.id)).toEqual(undisturbed);
});

const timed = ({ elapsedSeconds, otherSeconds }: RunRecord) => ({ elapsedSeconds, otherSeconds });
