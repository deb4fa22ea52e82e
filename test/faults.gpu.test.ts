/**
 * What the host does when storing fails at the worst moments: nothing that was trained is lost, nothing stays locked. The
 * same through the page is in `e2e/faults.spec.ts`.
 */
import { expect, it } from 'vitest';
import { StudioError } from '../src/errors';
import type { RunSettings } from '../src/protocol/settings';
import { type Change, Database } from '../src/storage/database';
import { bringMoods, type HostInPage, hostOn } from './host-in-page';

/** Refuses changes as a full disk does: all of a transaction or nothing. */
class TroubledDatabase extends Database {
  /** Keys that find no room. */
  isFullFor: (key: string) => boolean = () => false;

  override async change(change: Change): Promise<void> {
    if (change.set?.some(([key]) => this.isFullFor(key)))
      throw new StudioError('storage-full', 'The browser has no room left.', 'Make room.');
    await super.change(change);
  }
}

const newDatabase = () => new TroubledDatabase(`faults-${crypto.randomUUID()}`);

/** A studio that is open, with a data set of its own and settings of two short steps. */
async function openStudio(database: Database) {
  const host = hostOn(database);
  const { defaults } = await host.send('open', { executor: null });
  const dataset = await bringMoods(host);
  const settings: RunSettings = {
    ...defaults,
    learningRate: 2e-3,
    epochs: 1,
    batchSize: 8,
    trainingRows: 16,
  };
  const train = (changes: Partial<RunSettings> = {}) =>
    host.send('train', { settings: { ...settings, ...changes }, datasetId: dataset.id });
  return { ...host, train };
}

const statusOf = (host: HostInPage, runId: string) =>
  host.events.findLast((event) => event.type === 'status' && event.runId === runId);

const reached = (host: HostInPage, runId: string, ...statuses: readonly string[]) =>
  host.until((events) => {
    const last = events.findLast((event) => event.type === 'status' && event.runId === runId);
    return last?.type === 'status' && statuses.includes(last.status) ? last.status : undefined;
  });

const stepped = (host: HostInPage, runId: string) =>
  host.until((events) => events.find((event) => event.type === 'steps' && event.runId === runId));

it('trains and resumes again once there is room, without a reload', async () => {
  const database = newDatabase();
  const studio = await openStudio(database);
  database.isFullFor = (key) => key.startsWith('run/');
  await expect(studio.train()).rejects.toMatchObject({ code: 'storage-full' });
  database.isFullFor = () => false;
  const run = await studio.train();
  await reached(studio, run.id, 'finished');

  await studio.store.saveRun({ ...run, id: 'interrupted', status: 'interrupted' });
  database.isFullFor = (key) => key.startsWith('run/');
  await expect(studio.send('resume', { runId: 'interrupted' })).rejects.toMatchObject({
    code: 'storage-full',
  });
  expect((await studio.store.getRun('interrupted'))?.status).toBe('interrupted');
  database.isFullFor = () => false;
  await studio.send('resume', { runId: 'interrupted' });
  await reached(studio, 'interrupted', 'finished');
  expect(statusOf(studio, 'interrupted')).toMatchObject({ status: 'finished' });
});

it('does not delete a run that another tab trains or holds paused; one whose tab is gone it does', async () => {
  const database = newDatabase();
  const [first, second] = [await openStudio(database), hostOn(database)];
  await second.send('open', { executor: null });
  const run = await first.train({ epochs: 500 });
  await stepped(first, run.id);
  const refusal = { code: 'run-active', message: expect.stringContaining('another tab') };
  await expect(second.send('deleteRun', { runId: run.id })).rejects.toMatchObject(refusal);
  await first.send('pause', { runId: run.id });
  await reached(first, run.id, 'paused');
  await expect(second.send('deleteRun', { runId: run.id })).rejects.toMatchObject(refusal);
  expect((await first.store.getRun(run.id))?.status).toBe('paused');
  // A crash leaves this record and no lock, also while another run trains.
  await first.store.saveRun({ ...run, id: 'crashed', status: 'training' });
  await second.send('deleteRun', { runId: 'crashed' });
  expect(await first.store.getRun('crashed')).toBeUndefined();
  await first.send('stop', { runId: run.id });
  await reached(first, run.id, 'stopped');
  await expect(first.send('deleteRun', { runId: run.id })).resolves.toBeNull();
});

it('gives no run the name of one before it, however many were deleted', async () => {
  const studio = await openStudio(newDatabase());
  const names: string[] = [];
  for (let i = 0; i < 3; i++) {
    const run = await studio.train();
    names.push(run.name);
    await studio.send('stop', { runId: run.id });
    await reached(studio, run.id, 'stopped');
    await studio.send('deleteRun', { runId: run.id });
  }
  expect(names.map((name) => name.replace(/.*-/, ''))).toEqual(['1', '2', '3']);
});
