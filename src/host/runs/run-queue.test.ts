/** What waits, with runs that take no time: whichever tab queued them, and whatever becomes of one. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeLocks } from '../../../test/fake-locks';
import { listedRun } from '../../../test/listed-run';
import { MemoryDatabase } from '../../../test/memory-database';
import { StudioError } from '../../errors';
import type { EventMessage } from '../../protocol/types';
import type { RunRecord } from '../../runs/record';
import { StudioStore } from '../../storage/store';
import { RunQueue } from './run-queue';
import { TrainerLock } from './trainer-lock';

let store: StudioStore;
/** What began and ended, in all tabs. */
let story: string[];

beforeEach(() => {
  vi.stubGlobal('navigator', { locks: new FakeLocks() });
  store = new StudioStore(new MemoryDatabase());
  story = [];
});

afterEach(() => vi.unstubAllGlobals());

function openTab(name: string) {
  const events: EventMessage[] = [];
  const lock = new TrainerLock();
  /** Ends the run that trains here. */
  let end = () => {};
  let refuse: (run: RunRecord) => void = () => {};
  const begin = async (run: RunRecord) => {
    refuse(run);
    await store.saveRun(run);
    story.push(`${name} begins ${run.id}`);
    const ended = new Promise<void>((resolve) => {
      end = async () => {
        await store.saveRun({ ...run, status: 'finished' });
        resolve();
      };
    });
    return { answer: null, ended };
  };
  /** Runs that are for another worker than this tab's. */
  const others = new Set<string>();
  const asked: string[] = [];
  const isReadyFor = async ({ id }: RunRecord) => {
    if (others.has(id)) asked.push(id);
    return !others.has(id);
  };
  const queue = new RunQueue({ store, lock, post: (event) => events.push(event), begin, isReadyFor });
  return {
    queue,
    lock,
    events,
    others,
    asked,
    begin,
    end: () => end(),
    refuse: (how: typeof refuse) => {
      refuse = how;
    },
  };
}

type Tab = ReturnType<typeof openTab>;

async function queueRun({ queue }: Tab, id: string): Promise<void> {
  await store.saveRun(await queue.atEnd(listedRun({ id, name: id })));
  queue.goOn();
}

/** A run that did not wait. */
const trainNow = ({ lock, begin }: Tab, id: string) => lock.hold(id, () => begin(listedRun({ id })));

const begun = (...expected: readonly string[]) => vi.waitFor(() => expect(story).toEqual(expected));

/** Long enough for everything that is on its way. */
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 50));

const statusOf = async (id: string) => (await store.getRun(id))?.status;

describe('runs that wait', () => {
  it('begin one after another in their order, and only when nothing trains', async () => {
    const tab = openTab('tab');
    await trainNow(tab, 'first');
    for (const id of ['a', 'b', 'c']) await queueRun(tab, id);
    await aWhile();
    expect(story).toEqual(['tab begins first']);
    await tab.queue.move('c', 0);
    expect(tab.events.map((event) => (event.type === 'run' ? event.run.id : ''))).toEqual(['c', 'a', 'b']);
    await store.deleteRun('a');
    tab.end();
    await begun('tab begins first', 'tab begins c');
    expect(await store.getRun('c')).not.toHaveProperty('place');
    await aWhile();
    tab.end();
    await begun('tab begins first', 'tab begins c', 'tab begins b');
  });

  it('go past one that is held back, which begins when it is let go', async () => {
    const tab = openTab('tab');
    await trainNow(tab, 'first');
    for (const id of ['a', 'b']) await queueRun(tab, id);
    tab.queue.holdBack('a', true);
    tab.end();
    await begun('tab begins first', 'tab begins b');
    tab.end();
    await aWhile();
    expect(story).toHaveLength(2);
    expect(await statusOf('a')).toBe('queued');
    tab.queue.holdBack('a', false);
    await begun('tab begins first', 'tab begins b', 'tab begins a');
  });

  it('go on after one that cannot begin, which says why', async () => {
    const tab = openTab('tab');
    tab.refuse(({ id }) => {
      if (id !== 'b') throw new StudioError('unknown-dataset', 'It is gone.', 'Bring it again.');
    });
    for (const id of ['a', 'b']) await store.saveRun(await tab.queue.atEnd(listedRun({ id, name: id })));
    tab.queue.goOn();
    await begun('tab begins b');
    expect(await store.getRun('a')).toMatchObject({ status: 'failed', error: { code: 'unknown-dataset' } });
    expect(tab.events.find((event) => event.type === 'problem')).toMatchObject({
      runId: 'a',
      error: { message: 'The run a waited, and could not begin: It is gone.', hint: 'Bring it again.' },
    });
  });

  it('wait on where the device is gone, until something is begun again', async () => {
    const tab = openTab('tab');
    await trainNow(tab, 'first');
    await queueRun(tab, 'a');
    tab.queue.hold();
    tab.end();
    await aWhile();
    expect(story).toEqual(['tab begins first']);
    tab.queue.goOn();
    await begun('tab begins first', 'tab begins a');
  });

  it('are not tried for ever where not even their failure can be recorded', async () => {
    const tab = openTab('tab');
    await store.saveRun(await tab.queue.atEnd(listedRun({ id: 'a' })));
    const full = vi
      .spyOn(store, 'saveRun')
      .mockRejectedValue(new StudioError('storage-full', 'no room', 'make room'));
    tab.queue.goOn();
    await vi.waitFor(() => expect(tab.events).toHaveLength(1));
    await aWhile();
    expect(tab.events).toMatchObject([{ type: 'problem', error: { code: 'storage-full' } }]);
    expect(await statusOf('a')).toBe('queued');
    full.mockRestore();
    tab.queue.goOn();
    await begun('tab begins a');
  });

  it('wait for another worker where they are for one, and are not begun past one that does', async () => {
    const tab = openTab('tab');
    tab.others.add('a');
    await trainNow(tab, 'first');
    for (const id of ['a', 'b']) await queueRun(tab, id);
    await aWhile();
    // Asked for only once its turn has come.
    expect(tab.asked).toEqual([]);
    tab.end();
    await vi.waitFor(() => expect(tab.asked).toEqual(['a']));
    await aWhile();
    expect([story, tab.asked]).toEqual([['tab begins first'], ['a']]);
    tab.others.delete('a');
    tab.queue.goOn();
    await begun('tab begins first', 'tab begins a');
  });

  it('are begun by the tab that trains, and by another where that one has gone', async () => {
    const [first, second] = [openTab('first'), openTab('second')];
    await trainNow(first, 'long');
    await queueRun(second, 'a');
    await queueRun(second, 'b');
    await aWhile();
    expect(story).toEqual(['first begins long']);
    // As a tab that is closed: it begins nothing, and its lock is free.
    first.queue.hold();
    first.end();
    await begun('first begins long', 'second begins a');
    await aWhile();
    second.end();
    await begun('first begins long', 'second begins a', 'second begins b');
    expect(await statusOf('a')).toBe('finished');
  });

  it('are each begun once, however many tabs could', async () => {
    const tabs = ['1', '2', '3'].map(openTab);
    for (const id of ['a', 'b', 'c', 'd']) await queueRun(tabs[0]!, id);
    for (const tab of tabs) tab.queue.goOn();
    for (let i = 1; i <= 4; i++) {
      await vi.waitFor(() => expect(story).toHaveLength(i));
      const running = tabs.find((_, k) => story[i - 1]!.startsWith(String(k + 1)))!;
      await aWhile();
      expect(story).toHaveLength(i);
      running.end();
    }
    expect(story.map((line) => line.at(-1)).join('')).toBe('abcd');
  });
});
