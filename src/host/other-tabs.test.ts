/** What tabs tell each other of what is stored: their stores on one database, joined by nothing but a channel. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeChannel } from '../../test/fake-channel';
import { listedRun } from '../../test/listed-run';
import { MemoryDatabase } from '../../test/memory-database';
import { StudioStore } from '../storage/store';
import { OtherTabs, type ToldKind } from './other-tabs';

let database: MemoryDatabase;
let channels: Set<FakeChannel>;

beforeEach(() => {
  database = new MemoryDatabase();
  channels = new Set();
});

function openTab() {
  const store = new StudioStore(database);
  const heard: (readonly ToldKind[])[] = [];
  let listed: readonly string[] = [];
  let meanwhile: () => Promise<void> = async () => {};
  const channel = new FakeChannel(channels);
  new OtherTabs(channel, store, async (kinds) => {
    heard.push([...kinds].sort());
    const runs = await store.listRuns();
    await meanwhile();
    listed = runs.map(({ id }) => id);
  });
  return {
    store,
    channel,
    heard,
    listed: () => listed,
    /** Done once, while a list is read. */
    whileListing: (act: () => Promise<void>) => {
      meanwhile = async () => {
        meanwhile = async () => {};
        await act();
      };
    },
  };
}

const run = (id: string) => listedRun({ id, name: id });
const aWhile = () => new Promise((resolve) => setTimeout(resolve, 400));

describe('what another tab stores', () => {
  it('is read anew, several changes at once, and by that tab itself never', async () => {
    const [first, second] = [openTab(), openTab()];
    await first.store.createRun(run('a'), 1);
    await first.store.saveRun(run('b'));
    await first.store.deleteDataset('d');
    await vi.waitFor(() => expect([...second.listed()].sort()).toEqual(['a', 'b']));
    await aWhile();
    expect(second.heard).toEqual([['dataset', 'run']]);
    expect(first.heard).toEqual([]);
    await second.store.deleteRun('a');
    await vi.waitFor(() => expect(first.listed()).toEqual(['b']));
  });

  it('is not told of what no page lists', async () => {
    const [first, second] = [openTab(), openTab()];
    await first.store.saveSetting('runNumber', 3);
    await first.store.deleteCheckpoints('a');
    await first.store.sweep();
    await aWhile();
    expect(second.heard).toEqual([]);
  });

  it('is listed once more where this tab changed something while it was read', async () => {
    const [first, second] = [openTab(), openTab()];
    await first.store.saveRun(run('a'));
    second.whileListing(() => second.store.deleteRun('a'));
    await first.store.saveRun(run('b'));
    await vi.waitFor(() => expect(second.listed()).toEqual(['b']));
  });

  it('says nothing in the words of another build, or of none', async () => {
    const tab = openTab();
    const stranger = new FakeChannel(channels);
    for (const message of [
      null,
      'run',
      7,
      {},
      { version: 2, changed: ['run'] },
      { version: 1, changed: 'run' },
    ])
      stranger.postMessage(message);
    stranger.postMessage({ version: 1, changed: ['tree', null] });
    await aWhile();
    expect(tab.heard).toEqual([]);
    stranger.postMessage({ version: 1, changed: ['tree', 'adapter'], more: true });
    await vi.waitFor(() => expect(tab.heard).toEqual([['adapter']]));
  });
});
