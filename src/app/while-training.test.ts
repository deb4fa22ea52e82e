/** Title, notification and screen: what a run's state makes of them, in a page that a test hides and shows. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FakeWorker } from '../../test/fake-worker';
import { listedRun } from '../../test/listed-run';
import type { RunState } from '../runs/life';
import { pageTitle } from './page-title';
import { chooseNotices, type Notice, watchEnds } from './run-notice';
import { keepAwake } from './screen-awake';
import { initialState, type LiveRun, newLive } from './store/state';
import { Studio } from './store/studio';
import { keepWhileTraining, keptWhileTraining } from './while-training';

afterEach(() => vi.unstubAllGlobals());

const progress = {
  step: 5,
  totalSteps: 8,
  epoch: 1,
  epochs: 2,
  samplesPerSecond: 1,
  tokensPerSecond: 1,
  stepsPerSecond: 1,
  times: { training: 1 },
  remaining: null,
};

const run = listedRun({ id: 'r', name: 'amber-heron-1' });

function openPage() {
  const worker = new FakeWorker();
  const studio = new Studio(() => worker);
  studio.store.setState({ runs: [run] });
  const changed: (() => void)[] = [];
  const page = {
    visibilityState: 'visible' as DocumentVisibilityState,
    addEventListener: (_: string, listener: () => void) => changed.push(listener),
  };
  return {
    studio,
    page,
    look: (visibilityState: DocumentVisibilityState) => {
      page.visibilityState = visibilityState;
      for (const listener of changed) listener();
    },
    turn: (status: RunState, tab: string | null = null) =>
      studio.store.setState({ live: { ...newLive('r', tab), status } }),
  };
}

/** What is on its way has come. */
const turns = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('the title', () => {
  const titleOf = (live: Partial<LiveRun> | null, ended: string | null = null) =>
    pageTitle({ place: 'compare', runs: [run], live: live && { ...newLive('r'), ...live } }, ended);

  it('tells how a run goes and how far it is, then how it ended, else the place', () => {
    expect(titleOf(null)).toBe('Compare – Adapter Studio');
    expect(titleOf({ status: 'preparing' })).toBe('Preparing – Adapter Studio');
    expect(titleOf({ status: 'training', progress })).toBe('62 % · Training – Adapter Studio');
    expect(titleOf({ status: 'paused', progress, tab: 'another' })).toBe('62 % · Paused – Adapter Studio');
    expect(titleOf({ status: 'finished', progress }, 'r')).toBe('Finished: amber-heron-1 – Adapter Studio');
    expect(titleOf({ status: 'finished', progress })).toBe('Compare – Adapter Studio');
  });
});

describe('a notification', () => {
  function watched(notify = true) {
    const opened = openPage();
    const shown: Notice[] = [];
    opened.studio.chooseWhileTraining({ notify });
    watchEnds(opened.studio, opened.page, (notice) => shown.push(notice));
    return { ...opened, shown };
  }

  it('tells the end of a run where nobody looks, once, and what came of it', () => {
    const { look, turn, shown, studio } = watched();
    look('hidden');
    turn('training');
    const results = {
      globalStep: 8,
      trainLoss: 0.5,
      trainRuntimeSeconds: 185,
      trainSamplesPerSecond: 1,
      trainStepsPerSecond: 1,
      totalFlos: 1,
      evalLoss: 0.5,
      evalMetrics: { accuracy: 0.886 },
    };
    const otherSeconds = { preparation: 4, evaluation: 3, checkpoints: 2, saving: 1 };
    studio.store.setState({
      runs: [{ ...run, status: 'finished', results, elapsedSeconds: 185, otherSeconds }],
    });
    turn('finished');
    turn('finished');
    expect(shown).toEqual([
      { title: 'Finished: amber-heron-1', body: 'accuracy 88.6 % after 3 min 15 s', tag: 'r' },
    ]);
    turn('training');
    const error = { code: 'e', message: 'The disk is gone.', hint: '' };
    studio.store.setState({ runs: [{ ...run, status: 'failed', error }] });
    turn('failed');
    expect(shown.at(-1)).toMatchObject({ title: 'Failed: amber-heron-1', body: 'The disk is gone.' });
  });

  it('does not where somebody looks, it is not wanted, the person stopped the run, or another tab has it', () => {
    for (const [notify, visibility, status, tab] of [
      [true, 'visible', 'finished', null],
      [false, 'hidden', 'finished', null],
      [true, 'hidden', 'stopped', null],
      [true, 'hidden', 'finished', 'another'],
    ] as const) {
      const { look, turn, shown } = watched(notify);
      look(visibility);
      turn('training', tab);
      turn(status, tab);
      expect(shown).toEqual([]);
    }
  });

  it('is asked for by the click that wants it, and by nothing else', async () => {
    for (const [answer, notify] of [
      ['granted', true],
      ['denied', false],
    ] as const) {
      const requestPermission = vi.fn(async () => answer);
      vi.stubGlobal('Notification', { permission: 'default', requestPermission });
      const { studio } = openPage();
      watchEnds(studio, { visibilityState: 'hidden' }, () => {});
      await chooseNotices(studio, false);
      expect(requestPermission).not.toHaveBeenCalled();
      await chooseNotices(studio, true);
      expect(studio.store.getState().whileTraining.notify).toBe(notify);
    }
  });
});

describe('the screen', () => {
  function watched() {
    const opened = openPage();
    const locks: { released: boolean; release: () => Promise<void> }[] = [];
    let refuses = false;
    keepAwake(opened.studio, opened.page, {
      request: async () => {
        if (refuses) throw new DOMException('energy is saved', 'NotAllowedError');
        const target = new EventTarget();
        const lock = Object.assign(target, {
          released: false,
          type: 'screen' as const,
          onrelease: null,
          release: async () => {
            lock.released = true;
            target.dispatchEvent(new Event('release'));
          },
        });
        locks.push(lock);
        return lock;
      },
    });
    const held = () => locks.filter(({ released }) => !released).length;
    return { ...opened, locks, held, refuse: (how: boolean) => (refuses = how) };
  }

  it('stays on while a run trains and is looked at, wherever it trains', async () => {
    const { studio, turn, look, locks, held } = watched();
    turn('training');
    await turns();
    expect(locks).toHaveLength(0);
    studio.chooseWhileTraining({ awake: true });
    await turns();
    expect([held(), studio.store.getState().awake]).toEqual([1, 'held']);
    turn('pausing');
    await turns();
    expect(locks).toHaveLength(1);
    turn('paused');
    await turns();
    expect(held()).toBe(0);
    turn('training', 'another');
    await turns();
    expect(held()).toBe(1);
    // The browser takes it back from a hidden page.
    look('hidden');
    await locks.at(-1)!.release();
    await turns();
    look('visible');
    await turns();
    expect([held(), locks.length]).toEqual([1, 3]);
    turn('finished');
    await turns();
    expect(held()).toBe(0);
  });

  it('is let go where the run ended while it was asked for', async () => {
    const { studio, turn, held, locks } = watched();
    studio.chooseWhileTraining({ awake: true });
    turn('training');
    turn('failed');
    await turns();
    expect([held(), locks.length]).toEqual([0, 1]);
  });

  it('says where the browser refuses, and asks again later', async () => {
    const { studio, turn, held, refuse } = watched();
    studio.chooseWhileTraining({ awake: true });
    refuse(true);
    turn('training');
    await turns();
    expect([held(), studio.store.getState().awake]).toEqual([0, 'refused']);
    refuse(false);
    turn('pausing');
    await turns();
    expect([held(), studio.store.getState().awake]).toEqual([1, 'held']);
  });
});

it('keeps both choices, but for a permission that was taken back', () => {
  const values = new Map<string, string>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => values.get(key) ?? null,
    setItem: (key: string, value: string) => values.set(key, value),
  });
  vi.stubGlobal('Notification', { permission: 'granted' });
  expect(keptWhileTraining()).toEqual(initialState.whileTraining);
  const { studio } = openPage();
  keepWhileTraining(studio);
  studio.chooseWhileTraining({ notify: true, awake: true });
  expect(keptWhileTraining()).toEqual({ notify: true, awake: true });
  vi.stubGlobal('Notification', { permission: 'denied' });
  expect(keptWhileTraining()).toEqual({ notify: false, awake: true });
  for (const other of ['no JSON', '7', '[]', '{"notify":"yes"}', 'null']) {
    values.set('adapter-studio-while-training', other);
    expect(keptWhileTraining()).toEqual({ notify: false, awake: false });
  }
});
