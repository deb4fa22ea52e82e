/**
 * What the host does when storing fails at the worst moments: nothing that was trained is lost, nothing stays locked. The
 * same through the page is in `e2e/faults.spec.ts`.
 */
import { expect, it } from 'vitest';
import { StudioError } from '../src/errors';
import { readAdapterHub } from '../src/formats/adapterhub';
import type { AdapterBundle } from '../src/formats/bundle';
import { readZip } from '../src/formats/zip';
import type { RunSettings } from '../src/runs/settings';
import { type Change, Database } from '../src/storage/database';
import { bringMoods, type HostInPage, hostOn } from './host-in-page';

/** Refuses changes as a full disk does, all of a transaction or nothing; gives values back as a failing disk does. */
class TroubledDatabase extends Database {
  /** Keys that find no room. */
  isFullFor: (key: string) => boolean = () => false;
  onRead: (values: unknown[], keys: readonly string[]) => Promise<void> | void = () => {};

  override async getMany(keys: readonly string[]): Promise<unknown[]> {
    const values = await super.getMany(keys);
    await this.onRead(values, keys);
    return values;
  }

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

const unstored = (host: HostInPage) => {
  const last = host.events.findLast((event) => event.type === 'unstored');
  return last?.type === 'unstored' ? last.adapters[0] : undefined;
};

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

const isOfAdapter = (key: string) => /^(adapter|bundle)\//.test(key);

it('keeps a trained adapter that finds no room, and the checkpoint, until it is stored', async () => {
  const database = newDatabase();
  const studio = await openStudio(database);
  database.isFullFor = isOfAdapter;
  const run = await studio.train();
  const status = await reached(studio, run.id, 'finished', 'finished-not-stored', 'failed');
  expect(status).toBe('finished-not-stored');
  const kept = unstored(studio)!;
  expect(kept).toMatchObject({ runId: run.id, error: { code: 'storage-full' } });
  const download = await studio.send('downloadAdapter', {
    adapterId: kept.adapter.id,
    format: 'adapterhub',
  });
  const files = readZip(download.bytes, download.fileName);
  expect(readAdapterHub(files, download.fileName).head.labels).toHaveLength(3);
  expect(new TextDecoder().decode(files.get('README.md'))).toContain('moods.csv');

  // On the disk is what is true after a reload: the run can go on, and there is no adapter of it.
  expect(await studio.store.getRun(run.id)).toMatchObject({ status: 'interrupted', adapterId: null });
  expect(await studio.store.listAdapters()).toEqual([]);
  expect(await studio.store.loadCheckpoint(run.id)).toBeDefined();
  // Nobody else takes the run meanwhile: no other tab, and no start of one.
  const other = hostOn(database);
  await other.send('open', { executor: null });
  expect(await studio.store.loadCheckpoint(run.id)).toBeDefined();
  for (const command of ['resume', 'deleteRun'] as const)
    await expect(other.send(command, { runId: run.id })).rejects.toMatchObject({ code: 'run-active' });

  // Another run does not throw it away.
  database.isFullFor = () => false;
  const second = await studio.train();
  await reached(studio, second.id, 'finished');
  expect(unstored(studio)?.runId).toBe(run.id);

  database.isFullFor = isOfAdapter;
  await expect(studio.send('storeAdapter', { runId: run.id })).rejects.toMatchObject({
    code: 'storage-full',
  });
  expect(unstored(studio)?.runId).toBe(run.id);
  database.isFullFor = () => false;
  await studio.send('storeAdapter', { runId: run.id });
  expect(unstored(studio)).toBeUndefined();
  expect((await studio.store.getAdapter(kept.adapter.id))?.sha256).toBe(kept.adapter.sha256);
  expect(await studio.store.getRun(run.id)).toMatchObject({
    status: 'finished',
    adapterId: kept.adapter.id,
    results: { globalStep: 2 },
  });
  expect(await database.keys('checkpoint/')).toEqual([]);
  // The same data, order and seed: so it is the adapter that would have been stored at once.
  const [newest] = await studio.store.listAdapters();
  expect(kept.adapter.sha256).toBe(newest?.sha256);
  await studio.send('deleteRun', { runId: run.id });
});

it('deletes the checkpoints only after the stored adapter was read back as it was trained', async () => {
  const database = newDatabase();
  const studio = await openStudio(database);
  const checkpointsAtReading: number[] = [];
  database.onRead = async (values, keys) => {
    if (!keys.some((key) => key.startsWith('bundle/'))) return;
    checkpointsAtReading.push((await database.keys('checkpoint/')).length);
    const { bundle } = values[1] as { readonly bundle: AdapterBundle };
    const [tensor] = bundle.tensors.values();
    tensor!.data[0]! += 1;
  };
  const run = await studio.train();
  const status = await reached(studio, run.id, 'finished', 'finished-not-stored', 'failed');
  expect(checkpointsAtReading).toEqual([2]);
  expect(status).toBe('finished-not-stored');
  expect(unstored(studio)?.error.code).toBe('adapter-not-verified');
  // No copy that is known to be wrong is left, and the run can be resumed.
  expect(await studio.store.listAdapters()).toEqual([]);
  expect((await studio.store.getRun(run.id))?.status).toBe('interrupted');
  expect(await studio.store.loadCheckpoint(run.id)).toBeDefined();
  database.onRead = () => {};
  await studio.send('storeAdapter', { runId: run.id });
  expect(await studio.store.listAdapters()).toHaveLength(1);
});

it('is not stopped by a disk that is full while it pauses', async () => {
  const database = newDatabase();
  const studio = await openStudio(database);
  const run = await studio.train({ epochs: 500 });
  await stepped(studio, run.id);
  database.isFullFor = () => true;
  await studio.send('pause', { runId: run.id });
  expect(await reached(studio, run.id, 'paused', 'failed')).toBe('paused');
  database.isFullFor = () => false;
  await studio.send('resume', { runId: run.id });
  await studio.send('stop', { runId: run.id });
  await reached(studio, run.id, 'stopped');
  expect(await studio.store.listAdapters()).toHaveLength(1);
});

it('resumes a failed run from its checkpoint; without one it says that there is none', async () => {
  const database = newDatabase();
  const studio = await openStudio(database);
  const failNext = () => {
    studio.listen((event) => {
      if (event.type !== 'evaluation') return;
      studio.listen(() => {});
      throw new Error('a fault in the middle');
    });
  };
  const listed = async (runId: string) => (await studio.send('listRuns', {})).find(({ id }) => id === runId)!;

  failNext();
  const run = await studio.train();
  await reached(studio, run.id, 'failed');
  const told = studio.events.findLast((event) => event.type === 'run');
  expect(told).toMatchObject({ run: { status: 'failed', canResume: true } });
  expect(await listed(run.id)).toMatchObject({ status: 'failed', canResume: true });
  await studio.send('resume', { runId: run.id });
  expect(await reached(studio, run.id, 'finished', 'interrupted')).toBe('finished');
  expect(await studio.store.getRun(run.id)).toMatchObject({ status: 'finished', error: null, step: 2 });
  expect(await studio.store.listAdapters()).toHaveLength(1);

  database.isFullFor = (key) => key.startsWith('checkpoint/');
  failNext();
  const second = await studio.train();
  await reached(studio, second.id, 'failed');
  expect(await listed(second.id)).toMatchObject({ status: 'failed', canResume: false });
  await expect(studio.send('resume', { runId: second.id })).rejects.toMatchObject({
    code: 'run-ended',
    message: expect.stringContaining('no whole checkpoint'),
  });
});

it('opens on a full disk, and lists a run that a crash ended as what it is', async () => {
  const database = newDatabase();
  const studio = await openStudio(database);
  const run = await studio.train();
  await reached(studio, run.id, 'finished');
  await studio.store.saveRun({ ...run, status: 'training' });
  database.isFullFor = () => true;
  const next = hostOn(database);
  await next.send('open', { executor: null });
  expect(next.events.find((event) => event.type === 'problem')).toMatchObject({
    error: { code: 'storage-full' },
  });
  expect(await next.send('listRuns', {})).toMatchObject([{ status: 'interrupted', canResume: true }]);
  database.isFullFor = () => false;
  // A page keeps no files of data sets: it is there only for the host that it came to.
  studio.events.length = 0;
  await studio.send('resume', { runId: run.id });
  expect(await reached(studio, run.id, 'finished', 'failed')).toBe('finished');
});
