/** Two tabs, each with a worker that says what a test has it say, joined by a channel and by locks alone. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeChannel } from '../../../test/fake-channel';
import { FakeLocks } from '../../../test/fake-locks';
import { FakeWorker } from '../../../test/fake-worker';
import { listedRun } from '../../../test/listed-run';
import type { EventMessage, ListedRun } from '../../protocol/types';
import type { RunState } from '../../runs/life';
import { emptySeries } from '../../runs/series';
import { isUnsafeToLeave } from './state';
import { Studio } from './studio';
import { Tabs } from './tabs';

let channels: Set<FakeChannel>;
let locks: FakeLocks;

beforeEach(() => {
  channels = new Set();
  locks = new FakeLocks();
});

async function openTab(runs: readonly ListedRun[] = [], series = emptySeries()) {
  const worker = new FakeWorker();
  worker.runs = runs;
  worker.series = series;
  const channel = new FakeChannel(channels);
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = () => {
      channel.leave();
      resolve();
    };
  });
  /** The browser's, which takes back what a closed tab held. */
  const request = (name: string, ...rest: unknown[]) => {
    const act = rest.pop() as (lock: unknown) => unknown;
    const held = (lock: unknown) => Promise.race([act(lock), closed]);
    return locks.request(name, (rest[0] ?? {}) as LockOptions, held);
  };
  const studio = new Studio(() => worker, new Tabs(channel, { request } as Pick<LockManager, 'request'>));
  await studio.open(null);
  // So that the others would notice its end.
  await turns();
  const state = () => studio.store.getState();
  return {
    studio,
    worker,
    channel,
    state,
    close,
    live: () => state().live,
    losses: (id = 'r') => studio.series.get(id)?.losses ?? [],
    steps: (id = 'r') => studio.series.get(id)?.steps ?? [],
  };
}

type Tab = Awaited<ReturnType<typeof openTab>>;

/** Until what is on its way has come. */
async function turns(): Promise<void> {
  for (let i = 0; i < 6; i++) await new Promise((resolve) => setTimeout(resolve));
}

const status = (state: RunState): EventMessage => ({ type: 'status', runId: 'r', status: state });

const steps = (...at: readonly number[]): EventMessage => ({
  type: 'steps',
  runId: 'r',
  points: at.map((step) => ({ step, loss: 1 / step, gradientNorm: 1, learningRate: 0.1 })),
  progress: {
    step: at.at(-1)!,
    totalSteps: 10,
    epoch: 1,
    epochs: 2,
    samplesPerSecond: 8,
    tokensPerSecond: 80,
    stepsPerSecond: 1,
    times: { training: at.at(-1)! },
    remaining: null,
  },
});

const evaluation = (step: number): EventMessage => ({
  type: 'evaluation',
  runId: 'r',
  point: { step, epoch: 1, loss: 0.5, accuracy: 0.75 },
});

const record = (changes: Partial<ListedRun> = {}) => listedRun({ id: 'r', ...changes });

const storedUpTo = (step: number) => {
  const at = Array.from({ length: step }, (_, i) => i + 1);
  const of = (value: (step: number) => number) => ({ step: at, value: at.map(value) });
  return {
    ...emptySeries(),
    trainLoss: of((i) => 1 / i),
    gradientNorm: of(() => 1),
    learningRate: of(() => 0.1),
  };
};

/** In the first tab, up to its third step. */
async function train({ worker }: Tab): Promise<void> {
  for (const event of [
    status('preparing'),
    { type: 'run', run: record() } as const,
    status('training'),
    steps(1, 2, 3),
  ])
    worker.tell(event);
  await turns();
}

/** As the second tab's worker tells once the first one's stored it. */
function list({ worker, state }: Tab, ...runs: readonly ListedRun[]): void {
  worker.runs = runs;
  worker.tell({ type: 'stored', runs, adapters: state().adapters, datasets: [] });
}

const thirds = [1, 1 / 2, 1 / 3];

describe('a run of another tab', () => {
  it('is seen from its beginning to its end', async () => {
    const [first, second] = [await openTab(), await openTab()];
    first.worker.tell(status('preparing'));
    first.worker.tell({
      type: 'preparing',
      runId: 'r',
      phase: 'compiling',
      done: 1,
      total: 4,
      progress: null,
    });
    await turns();
    expect(second.live()).toMatchObject({
      runId: 'r',
      status: 'preparing',
      phase: { name: 'compiling', done: 1 },
      tab: expect.any(String),
    });
    expect(second.state().shownRuns).toEqual(['r']);
    await train(first);
    list(second, record());
    await turns();
    expect(second.live()).toMatchObject({ status: 'training', phase: null, progress: { step: 3 } });
    expect(second.losses()).toEqual(thirds);
    first.worker.tell(steps(4));
    first.worker.tell(evaluation(4));
    await turns();
    expect(second.steps()).toEqual([1, 2, 3, 4]);
    expect(second.studio.series.get('r')?.evaluations).toMatchObject([{ step: 4, accuracy: 0.75 }]);
    expect(second.studio.series.get('r')?.clock.seconds).toEqual([3, 4]);
    // Losing the page would lose nothing of it.
    expect([isUnsafeToLeave(first.state()), isUnsafeToLeave(second.state())]).toEqual([true, false]);
    first.worker.tell({ type: 'run', run: record({ status: 'finished', step: 4 }) });
    first.worker.tell(status('finished'));
    list(second, record({ status: 'finished', step: 4 }));
    await turns();
    expect(second.live()).toMatchObject({ status: 'finished', progress: { step: 4 } });
    expect(second.state().runs).toMatchObject([{ status: 'finished' }]);
  });

  it('has its whole curve in a tab that opens late: what is stored, and what is newer', async () => {
    const first = await openTab();
    await train(first);
    // Stored up to its second step by the record, which is told after it.
    first.worker.tell({ type: 'run', run: record({ step: 3 }) });
    first.worker.tell(evaluation(3));
    first.worker.tell(steps(4, 5));
    await turns();
    const said = vi.spyOn(first.channel, 'postMessage');
    const second = await openTab([record({ step: 3 })], storedUpTo(3));
    await vi.waitFor(() => expect(second.steps()).toEqual([1, 2, 3, 4, 5]));
    expect(second.losses()).toEqual([...thirds, 1 / 4, 1 / 5]);
    expect(second.studio.series.get('r')?.evaluations).toHaveLength(1);
    expect(second.live()).toMatchObject({ status: 'training', progress: { step: 5 } });
    // What the store has does not cross.
    expect(said.mock.calls.map(([message]) => message)).toMatchObject([
      { type: 'all', run: { points: [{ step: 3 }, { step: 4 }, { step: 5 }] } },
    ]);
    first.worker.tell(steps(6));
    await turns();
    expect(second.steps().at(-1)).toBe(6);
  });

  it('has no gap where a tab was asleep', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await train(first);
    list(second, record());
    await turns();
    channels.delete(second.channel);
    first.worker.tell(steps(4, 5));
    first.worker.tell({ type: 'run', run: record({ step: 5 }) });
    first.worker.tell(steps(6));
    await turns();
    channels.add(second.channel);
    second.worker.series = storedUpTo(5);
    first.worker.tell(steps(7));
    await vi.waitFor(() => expect(second.steps()).toEqual([1, 2, 3, 4, 5, 6, 7]));
    // Nothing follows by itself: it asks when it is looked at.
    channels.delete(second.channel);
    first.worker.tell(status('finished'));
    await turns();
    channels.add(second.channel);
    await turns();
    expect(second.live()?.status).toBe('training');
    second.studio.lookAgain();
    await vi.waitFor(() => expect(second.live()?.status).toBe('finished'));
  });

  it('goes back to its checkpoint there too', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await train(first);
    list(second, record());
    await turns();
    first.worker.tell({ type: 'run', run: record({ step: 1 }) });
    first.worker.tell(steps(2));
    await turns();
    expect(second.steps()).toEqual([1, 2]);
  });

  it('is paused, resumed and stopped from there by the tab that has it', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await train(first);
    await second.studio.pause();
    expect(first.worker.requests('pause')).toEqual([{ runId: 'r' }]);
    await turns();
    for (const { live } of [first, second])
      expect(live()).toMatchObject({ status: 'pausing', asked: 'pausing' });
    first.worker.tell(status('paused'));
    await turns();
    expect(second.live()).toMatchObject({ status: 'paused', asked: null });
    await second.studio.resume('r');
    expect(first.worker.requests('resume')).toEqual([{ runId: 'r' }]);
    first.worker.tell(status('training'));
    await turns();
    await second.studio.stop();
    expect(first.worker.requests('stop')).toEqual([{ runId: 'r' }]);
    first.worker.tell(status('stopped'));
    await turns();
    expect(second.live()?.status).toBe('stopped');
    // Nothing of it went to a worker that does not have the run.
    const asked = second.worker.sent.map(({ type }) => type);
    for (const type of ['pause', 'resume', 'stop', 'checkpoint']) expect(asked).not.toContain(type);
    expect(second.state().problems).toEqual([]);
  });

  it('ends at once where Stop is asked for twice, by the tab that can end its worker', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await train(first);
    first.studio.store.setState(({ live }) => ({
      live: live && { ...live, status: 'stopping', canEnd: true },
    }));
    await turns();
    expect(second.live()).toMatchObject({ status: 'stopping', canEnd: true });
    const [ended, untouched] = [vi.spyOn(first.worker, 'terminate'), vi.spyOn(second.worker, 'terminate')];
    await second.studio.stop();
    expect([ended, untouched].map(({ mock }) => mock.calls.length)).toEqual([1, 0]);
  });

  it('is as it was where the tab that has it does not answer', async () => {
    vi.useFakeTimers();
    try {
      const opening = Promise.all([openTab(), openTab()]);
      await vi.advanceTimersByTimeAsync(100);
      const [first, second] = await opening;
      const training = train(first);
      await vi.advanceTimersByTimeAsync(100);
      await training;
      channels.delete(first.channel);
      void second.studio.pause();
      expect(second.live()?.status).toBe('pausing');
      await vi.advanceTimersByTimeAsync(4000);
      expect(second.live()).toMatchObject({ status: 'training', asked: null });
      expect(second.state().problems).toMatchObject([{ code: 'tab-silent' }]);
      expect(second.state().pending).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('makes Train ask whether to queue, and is not to be begun beside', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await train(first);
    await second.studio.train();
    expect(second.state().asksToQueue).toBe(true);
    expect(second.worker.requests('train')).toEqual([]);
    second.studio.answerQueueQuestion(true);
    await vi.waitFor(() => expect(second.worker.requests('train')).toMatchObject([{ queue: true }]));
  });

  it('can go on here once its tab is closed', async () => {
    const first = await openTab();
    const second = await openTab();
    await train(first);
    list(second, record());
    await turns();
    second.worker.runs = [record({ status: 'interrupted', step: 2, canResume: true })];
    first.close();
    await vi.waitFor(() => expect(second.live()).toMatchObject({ status: 'interrupted', progress: null }));
    expect(second.worker.requests('listRuns').at(-1)).toEqual({ ended: 'r' });
    expect(second.state().runs).toMatchObject([{ status: 'interrupted', canResume: true }]);
    // What its checkpoint does not have is computed again.
    expect(second.steps()).toEqual([1, 2]);
    await second.studio.resume('r');
    expect(second.worker.requests('resume')).toEqual([{ runId: 'r' }]);
    second.worker.tell(status('training'));
    second.worker.tell(steps(3));
    await vi.waitFor(() => expect(second.live()).toMatchObject({ tab: null, status: 'training' }));
    await vi.waitFor(() => expect(second.steps()).toEqual([1, 2, 3]));
  });

  it('is given up where its worker crashed and its tab is still there', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await train(first);
    second.worker.runs = [record({ status: 'interrupted' })];
    first.studio.store.setState({ live: null });
    await vi.waitFor(() => expect(second.live()?.status).toBe('interrupted'));
  });

  it('hands the lead over with the next run, which the other tab then follows', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await train(first);
    first.worker.tell(status('finished'));
    await turns();
    second.worker.tell({ type: 'status', runId: 's', status: 'training' });
    await turns();
    expect(second.live()).toMatchObject({ runId: 's', tab: null });
    expect(first.live()).toMatchObject({ runId: 's', status: 'training', tab: expect.any(String) });
    await first.studio.stop();
    expect(second.worker.requests('stop')).toEqual([{ runId: 's' }]);
  });

  it('is shown as it is recorded where its tab says nothing, and looked at again', async () => {
    vi.useFakeTimers();
    try {
      const opening = openTab([record({ status: 'paused' })]);
      await vi.advanceTimersByTimeAsync(100);
      const tab = await opening;
      expect(tab.live()).toBeNull();
      await vi.advanceTimersByTimeAsync(1000);
      expect(tab.live()).toMatchObject({ runId: 'r', status: 'paused', tab: '' });
      await tab.studio.stop();
      expect(tab.state().problems).toMatchObject([{ code: 'other-tab' }]);
      expect(tab.live()?.status).toBe('paused');
      tab.worker.runs = [record({ status: 'finished' })];
      await vi.advanceTimersByTimeAsync(10_000);
      expect(tab.live()?.status).toBe('finished');
      expect(tab.state().runs).toMatchObject([{ status: 'finished' }]);
      const asked = tab.worker.requests('listRuns').length;
      await vi.advanceTimersByTimeAsync(60_000);
      expect(tab.worker.requests('listRuns')).toHaveLength(asked);
    } finally {
      vi.useRealTimers();
    }
  });
});
