import { expect, it, vi } from 'vitest';
import { description, FakeWorker } from '../../../test/fake-worker';
import { listedRun } from '../../../test/listed-run';
import { onnxInfo } from '../../../test/onnx-info';
import type { CommandMessage, DatasetSummary, StudioDescription } from '../../protocol/types';
import { Studio } from './studio';

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

it('asks for the curves of runs that are shown, and of no others', async () => {
  const worker = new FakeWorker();
  worker.runs = [2, 1].map((i) => listedRun({ id: `run-${i}`, createdAt: i, status: 'finished', step: 2 }));
  const studio = new Studio(() => worker);
  await studio.open(null);
  await vi.waitFor(() => expect(studio.series.get('run-2')?.losses).toEqual([0.5, 0.25]));
  expect(worker.requests('series')).toEqual([{ runId: 'run-2' }]);
  studio.toggleRun('run-2');
  studio.toggleRun('run-1');
  await vi.waitFor(() => expect(studio.series.get('run-1')?.steps).toEqual([1, 2]));
  studio.toggleRun('run-2');
  expect(worker.requests('series')).toEqual([{ runId: 'run-2' }, { runId: 'run-1' }]);
});

it('asks whether to queue where a run trains, here or in another tab', async () => {
  const worker = new FakeWorker();
  const studio = new Studio(() => worker);
  await studio.open(null);
  const asks = () => studio.store.getState().asksToQueue;
  worker.tell({ type: 'status', runId: 'run-1', status: 'training' });
  await studio.train();
  expect([asks(), worker.requests('train')]).toEqual([true, []]);
  studio.answerQueueQuestion(false);
  expect([asks(), worker.requests('train')]).toEqual([false, []]);
  await studio.train();
  studio.answerQueueQuestion(true);
  expect(asks()).toBe(false);
  expect(worker.requests('train')).toMatchObject([{ queue: true }]);

  worker.tell({ type: 'status', runId: 'run-1', status: 'finished' });
  worker.refusesTraining = true;
  await studio.train();
  expect(worker.requests('train')[1]).toMatchObject({ queue: false });
  expect([asks(), studio.store.getState().problems]).toEqual([true, []]);
});

it('looks at a run that waited once it begins', async () => {
  const worker = new FakeWorker();
  worker.runs = [listedRun({ id: 'first' }), listedRun({ id: 'second', status: 'queued' })];
  const studio = new Studio(() => worker);
  await studio.open(null);
  expect(studio.store.getState().shownRuns).toEqual(['first']);
  worker.tell({ type: 'run', run: listedRun({ id: 'second', status: 'training' }) });
  expect(studio.store.getState().shownRuns).toEqual(['second']);
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

/** A run of ONNX Runtime, and a page whose worker has other threads; the threads that later workers were asked for. */
async function repeated(
  recorded: number,
  present: number,
  changes: Partial<StudioDescription> = {},
  repeat: {
    readonly command: CommandMessage['type'];
    readonly ask: (studio: Studio, worker: FakeWorker) => Promise<void>;
  } = {
    command: 'resume',
    ask: (studio) => studio.resume('r'),
  },
) {
  const workers: FakeWorker[] = [];
  const asked: (number | null)[] = [];
  const studio = new Studio((threads) => {
    asked.push(threads);
    const worker = new FakeWorker({ ...description, executor: onnxInfo(threads ?? present), ...changes });
    worker.runs = [listedRun({ id: 'r', status: 'interrupted', executor: onnxInfo(recorded) })];
    workers.push(worker);
    return worker;
  });
  await studio.open(null);
  await repeat.ask(studio, workers[0]!);
  const sent = workers.map((worker) => worker.sent.map(({ type }) => type));
  return { asked: asked.slice(1), askedIn: sent.findIndex((types) => types.includes(repeat.command)) };
}

it('resumes a run with the threads that it had, in another worker where this one has others', async () => {
  expect(await repeated(2, 2)).toEqual({ asked: [], askedIn: 0 });
  expect(await repeated(1, 2)).toEqual({ asked: [1], askedIn: 1 });
});

it('resumes a run with the threads there are where the machine has no more, or the worker alone has something', async () => {
  // Not isolated here: one is all there is.
  expect(await repeated(4, 2)).toEqual({ asked: [], askedIn: 0 });
  const unkept = { id: 'd', isKept: false } as DatasetSummary;
  expect(await repeated(1, 2, { datasets: [unkept] })).toEqual({ asked: [], askedIn: 0 });
});

it('runs again with the threads that the run had, also one that waited for its turn', async () => {
  const again = { command: 'trainAgain', ask: (studio: Studio) => studio.runAgain('r') } as const;
  expect(await repeated(1, 2, {}, again)).toEqual({ asked: [1], askedIn: 1 });
  for (const [recorded, asked, begunIn] of [
    // The worker that takes its place goes on with what waits by itself.
    [1, [1], -1],
    [4, [], 0],
  ] as const) {
    const queued = {
      command: 'beginWaiting',
      ask: async (studio: Studio, worker: FakeWorker) => {
        worker.tell({ type: 'threads', runId: 'r' });
        await vi.waitFor(() => expect(studio.store.getState().pending).toEqual([]));
      },
    } as const;
    expect(await repeated(recorded, 2, {}, queued)).toEqual({ asked, askedIn: begunIn });
  }
});

it('deletes a run only once the way back has passed, and never what it was had back of', async () => {
  vi.useFakeTimers();
  try {
    const worker = new FakeWorker();
    worker.runs = [listedRun({ id: 'a', status: 'finished' }), listedRun({ id: 'b', status: 'finished' })];
    const studio = new Studio(() => worker);
    await studio.open(null);
    studio.deleteSoon('run', 'a');
    studio.deleteSoon('run', 'b');
    const [a] = studio.store.getState().deletions;
    expect(studio.store.getState().deletions.map(({ id }) => id)).toEqual(['a', 'b']);
    expect(studio.store.getState().shownRuns).toEqual([]);
    studio.undoDeletion(a!);
    expect(studio.store.getState().shownRuns).toEqual(['a']);
    studio.holdDeletions();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(worker.requests('deleteRun')).toEqual([]);
    studio.goOnDeleting();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(worker.requests('deleteRun')).toEqual([{ runId: 'b' }]);
    expect(studio.store.getState()).toMatchObject({ deletions: [], runs: [{ id: 'a' }] });
    // What cannot be deleted is there again.
    worker.refused = {
      type: 'deleteRun',
      error: { code: 'run-active', message: 'It trains.', hint: 'Wait.' },
    };
    studio.deleteSoon('run', 'a');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(studio.store.getState()).toMatchObject({
      deletions: [],
      runs: [{ id: 'a' }],
      problems: [{ code: 'run-active' }],
    });
  } finally {
    vi.useRealTimers();
  }
});

it('takes what is being deleted out of the form, and gives it back with the way back', async () => {
  vi.useFakeTimers();
  try {
    const dataset = { id: 'own', name: 'own.csv', isKept: true } as DatasetSummary;
    const worker = new FakeWorker({ ...description, datasets: [dataset] });
    const studio = new Studio(() => worker);
    await studio.open(null);
    studio.edit({ datasetId: 'own' });
    studio.deleteSoon('dataset', 'own');
    const [deletion] = studio.store.getState().deletions;
    expect(deletion!.words).toContain('own.csv');
    expect(studio.store.getState().form!.datasetId).toBe('d');
    studio.undoDeletion(deletion!);
    expect(studio.store.getState()).toMatchObject({ deletions: [], form: { datasetId: 'own' } });
    // What was chosen meanwhile stays.
    studio.deleteSoon('dataset', 'own');
    studio.edit({ datasetId: 'another' });
    studio.undoDeletion(studio.store.getState().deletions[0]!);
    expect(studio.store.getState().form!.datasetId).toBe('another');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(worker.requests('deleteDataset')).toEqual([]);
    studio.deleteSoon('dataset', 'own');
    await vi.advanceTimersByTimeAsync(60_000);
    expect(worker.requests('deleteDataset')).toEqual([{ datasetId: 'own' }]);
    studio.deleteSoon('dataset', 'gone');
    expect(studio.store.getState().deletions).toEqual([]);
  } finally {
    vi.useRealTimers();
  }
});

it('holds a run back that is taken out of the queue, and lets it go with the way back, or where its turn has come', async () => {
  const worker = new FakeWorker();
  const waiting = listedRun({ id: 'a', status: 'queued' });
  worker.runs = [waiting];
  const studio = new Studio(() => worker);
  await studio.open(null);
  studio.deleteSoon('run', 'a');
  expect(worker.requests('holdQueued')).toEqual([{ runId: 'a', hold: true }]);
  const [deletion] = studio.store.getState().deletions;
  expect(deletion!.words).toBe(`Took ${waiting.name} out of the queue.`);
  studio.undoDeletion(deletion!);
  expect(worker.requests('holdQueued')).toHaveLength(2);
  // Another tab has begun it.
  studio.deleteSoon('run', 'a');
  const [again] = studio.store.getState().deletions;
  worker.tell({ type: 'run', run: { ...waiting, status: 'training' } });
  expect(studio.store.getState().deletions).toEqual([]);
  await studio.deleteNow(again!);
  expect(worker.requests('deleteRun')).toEqual([]);
});

it('asks before a run that is repeated waits for another one, and repeats that one', async () => {
  const worker = new FakeWorker();
  worker.runs = [listedRun({ id: 'a', status: 'finished' })];
  const studio = new Studio(() => worker);
  await studio.open(null);
  worker.tell({ type: 'status', runId: 'live', status: 'training' });
  await studio.runAgain('a');
  expect(studio.store.getState().asksToQueue).toBe(true);
  expect(worker.requests('trainAgain')).toEqual([]);
  studio.answerQueueQuestion(true);
  await vi.waitFor(() => expect(worker.requests('trainAgain')).toEqual([{ runId: 'a', queue: true }]));
  expect(worker.requests('train')).toEqual([]);
});
