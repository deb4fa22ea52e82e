/** Runs that wait, at the host: trained one after another in the order that is stored, to the same bits. What else may come is in `run-queue.test.ts`. */
import { expect, it } from 'vitest';
import type { RunSettings } from '../src/runs/settings';
import { Database } from '../src/storage/database';
import { bringMoods, type HostInPage, hostOn } from './host-in-page';

const newDatabase = () => new Database(`queue-${crypto.randomUUID()}`);

async function openStudio(database: Database) {
  const host = hostOn(database);
  const { defaults } = await host.send('open', { executor: null });
  const dataset = await bringMoods(host);
  const settings: RunSettings = { ...defaults, learningRate: 2e-3, batchSize: 8, trainingRows: 16 };
  const train = (epochs: number, queue: boolean, datasetId = dataset.id) =>
    host.send('train', { settings: { ...settings, epochs }, datasetId, queue });
  return { ...host, train };
}

/** The states of all runs in the order in which they came, `<number of the run> <state>`. */
const story = ({ events }: HostInPage, ids: readonly string[]) =>
  events.flatMap((event) =>
    event.type === 'status' ? [`${ids.indexOf(event.runId) + 1} ${event.status}`] : [],
  );

const reached = (host: HostInPage, runId: string, status: string) =>
  host.until((events) =>
    events.find((event) => event.type === 'status' && event.runId === runId && event.status === status),
  );

const statuses = async (host: HostInPage) => {
  const runs = await host.send('listRuns', {});
  return new Map(runs.map(({ id, status }) => [id, status]));
};

it('trains one after another in their order; one that fails does not stop the next', async () => {
  const studio = await openStudio(newDatabase());
  const first = await studio.train(500, false);
  await expect(studio.train(1, false)).rejects.toMatchObject({ code: 'busy' });
  const doomed = await studio.train(1, true, 'rotten_tomatoes');
  const third = await studio.train(1, true);
  const fourth = await studio.train(1, true);
  const out = await studio.train(1, true);
  expect([doomed, third, fourth, out].map(({ status, place }) => [status, place])).toEqual([
    ['queued', 0],
    ['queued', 1],
    ['queued', 2],
    ['queued', 3],
  ]);
  // Names are counted on, whoever waits.
  const names = [first, doomed, third, fourth, out].map(({ name }) => name.replace(/.*-/, ''));
  expect(names).toEqual(['1', '2', '3', '4', '5']);
  await studio.send('deleteRun', { runId: out.id });
  await studio.send('moveQueued', { runId: fourth.id, to: 1 });
  // What it needs is not as it was.
  await studio.store.saveRun({ ...doomed, dataset: { ...doomed.dataset, fingerprint: 'another' } });
  await studio.send('stop', { runId: first.id });
  await reached(studio, third.id, 'finished');
  const ids = [first.id, doomed.id, third.id, fourth.id];
  expect(await statuses(studio)).toEqual(
    new Map([
      [ids[3], 'finished'],
      [ids[2], 'finished'],
      [ids[1], 'failed'],
      [ids[0], 'stopped'],
    ]),
  );
  const told = studio.events.find((event) => event.type === 'problem');
  expect(told).toMatchObject({ runId: doomed.id, error: { code: 'dataset-changed' } });
  const ends = story(studio, ids).filter((state) => /preparing|finished|stopped/.test(state));
  expect(ends.filter((state, i) => state !== ends[i - 1])).toEqual([
    '1 preparing',
    '1 stopped',
    '4 preparing',
    '4 finished',
    '3 preparing',
    '3 finished',
  ]);
  const record = await studio.store.getRun(third.id);
  expect(record).not.toHaveProperty('place');
});

it('goes on with what waited when the page was closed', async () => {
  const database = newDatabase();
  const closed = await openStudio(database);
  const run = await closed.train(1, false);
  await reached(closed, run.id, 'finished');
  const waiting = { ...run, status: 'queued' } as const;
  await closed.store.saveRuns([
    { ...waiting, id: 'second', place: 1 },
    { ...waiting, id: 'first', place: 0, dataset: { ...run.dataset, id: 'gone' } },
  ]);
  closed.events.length = 0;
  // A page keeps no files of data sets, so the data set is there only for the host that it came to.
  await closed.send('open', { executor: null });
  await reached(closed, 'second', 'finished');
  expect(await closed.store.getRun('first')).toMatchObject({ status: 'failed', step: 0 });
  const [again] = await closed.store.listAdapters();
  const trained = await closed.store.getAdapter(again!.id);
  const before = (await closed.store.listAdapters()).find(({ runId }) => runId === run.id);
  // That it waited changes none of its bits.
  expect(trained?.sha256).toBe(before?.sha256);
  expect(trained?.runId).toBe('second');
});
