/** Data sets on the browser's own storage: what is kept where, what is refused, what a crash or a full disk leaves. */
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DatasetRecord } from '../src/protocol/records';
import type { DatasetAnswer, DatasetCalls } from './datasets.worker';
import { callerOf, errorOf } from './library-in-worker';

type Call = <N extends keyof DatasetCalls>(
  method: N,
  ...args: Parameters<DatasetCalls[N]>
) => Promise<Awaited<ReturnType<DatasetCalls[N]>>>;

function start(): Call {
  const worker = new Worker(new URL('./datasets.worker.ts', import.meta.url), { type: 'module' });
  return callerOf<DatasetAnswer>(worker);
}

let call: Call;

beforeAll(async () => {
  call = start();
  // What other test files left in the origin's folder belongs to no record of this database.
  await call('sweep');
});

afterEach(async () => {
  await call('pretendRoom', null);
  await call('pretendNoFiles', false);
  await call('reopen');
  for (const { id } of await call('list')) await call('delete', id);
  await call('sweep');
  expect(await call('folders')).toEqual([]);
});

const table = (rows: number) =>
  new File(
    [
      `text,label\n${Array.from({ length: rows }, (_, i) => `“row” ${i} 🙂,${['neg', 'pos'][i % 2]}`).join('\n')}\n`,
    ],
    'reviews.csv',
  );
const choice = {
  textColumn: 'text',
  labelColumn: 'label',
  kind: { task: 'classification' },
  seed: 1,
} as const;

async function keep(rows: number, more: { readonly rows?: 'all' } = {}) {
  const { importId } = await call('inspect', table(rows));
  return call('create', { importId, ...choice, ...more });
}

const second = {
  version: 2,
  name: 'moods.csv',
  task: 'classification',
  fingerprint: 'f',
  labelNames: ['calm', 'glad'],
  splits: {
    train: { texts: ['a quiet day', 'joy 🙂', 'still'], labels: new Uint32Array([0, 1, 0]) },
    validation: { texts: ['smiling'], labels: new Uint32Array([1]) },
  },
};

describe('a data set', () => {
  it('has its rows in files and nothing of them in its record, and is there after a reload', async () => {
    const { id, rows } = await keep(1000);
    expect(rows).toEqual({ train: 900, validation: 100, test: null });
    expect(await call('folders')).toEqual([id]);
    const record = (await call('record', id)) as DatasetRecord;
    expect(record).toMatchObject({ version: 3, preview: { length: 8 }, files: { folder: id } });
    expect(new Blob([JSON.stringify(record)]).size).toBeLessThan(2000);
    await call('reopen');
    const [train, validation] = await call('rows', id);
    expect([...train!, ...validation!].sort()).toEqual(
      Array.from({ length: 1000 }, (_, i) => `“row” ${i} 🙂=${i % 2}`).sort(),
    );
    expect(await call('fingerprint', id)).toBe(record.fingerprint);
  });

  it('is listed without reading a byte of its rows', async () => {
    const kept = await keep(1000);
    await call('reopen');
    const before = await call('reads');
    expect(await call('list')).toEqual([kept]);
    expect(await call('reads')).toBe(before);
    // Reads are counted at all:
    await call('rows', kept.id);
    expect(await call('reads')).toBeGreaterThan(before);
  });

  it('and 17 more are listed with as many transactions as none is', async () => {
    const transactionsOf = async (work: () => Promise<unknown>) => {
      const before = await call('transactions');
      await work();
      return (await call('transactions')) - before;
    };
    const ofNone = await transactionsOf(() => call('list'));
    const { id } = await keep(100);
    const record = (await call('record', id)) as DatasetRecord;
    for (let i = 1; i < 18; i++) await call('put', `d${i}`, { ...record, id: `d${i}`, createdAt: i });
    const listed = await transactionsOf(async () => {
      const list = await call('list');
      // Newest first, whatever the order of their keys.
      expect(list.map((dataset) => dataset.id)).toEqual([
        id,
        ...Array.from({ length: 17 }, (_, i) => `d${17 - i}`),
      ]);
    });
    expect(ofNone).toBeGreaterThan(0);
    expect(listed).toBe(ofNone);
  });

  it('whose files are gone is named, and its file dropped again takes its place', async () => {
    const { id } = await keep(1000);
    for (const damage of [
      () => call('removeFolder', id),
      async () => call('removeFile', ((await call('record', id)) as DatasetRecord).files.folder, 'texts'),
    ]) {
      await damage();
      await call('reopen');
      expect(await call('list')).toHaveLength(1);
      const error = await errorOf(call('rows', id));
      expect(error).toMatchObject({
        code: 'dataset-damaged',
        message: expect.stringContaining('reviews.csv'),
      });
      expect((await keep(1000)).id).toBe(id);
      expect(await call('list')).toHaveLength(1);
      expect((await call('rows', id))[0]).toHaveLength(900);
      await call('sweep');
      expect(await call('folders')).toHaveLength(1);
    }
  });

  it('is deleted with its files', async () => {
    const { id } = await keep(100);
    await call('delete', id);
    expect(await call('folders')).toEqual([]);
    expect((await errorOf(call('rows', id))).code).toBe('unknown-dataset');
  });

  it('where the browser keeps no files is there until the page is closed, and says so', async () => {
    await call('pretendNoFiles', true);
    await call('reopen');
    const { id, isKept } = await keep(100);
    expect(isKept).toBe(false);
    expect(await call('list')).toMatchObject([{ id, isKept: false }]);
    expect((await call('rows', id))[0]).toHaveLength(90);
    expect(await call('record', id)).toBeUndefined();
    await call('pretendNoFiles', false);
    expect(await call('folders')).toEqual([]);
  });
});

describe('nothing is left', () => {
  it('of a cancelled import', async () => {
    const { importId } = await call('inspect', table(300_000));
    const creating = call('create', { importId, ...choice, rows: 'all' });
    const outcome = errorOf(creating);
    while ((await call('folders')).length === 0);
    await call('cancel');
    expect((await outcome).code).toBe('import-cancelled');
    expect(await call('folders')).toEqual([]);
    expect(await call('list')).toEqual([]);
    expect((await errorOf(call('create', { importId, ...choice }))).code).toBe('unknown-import');
  });

  it('of an import into a full disk, and what was there is untouched', async () => {
    const kept = await keep(100);
    const before = await call('rows', kept.id);
    await call('pretendRoom', 3_000_000);
    const error = await errorOf(keep(300_000, { rows: 'all' }));
    expect(error.code).toBe('storage-full');
    await call('pretendRoom', null);
    expect(await call('folders')).toEqual([kept.id]);
    expect(await call('list')).toEqual([kept]);
    expect(await call('rows', kept.id)).toEqual(before);
  });

  it('of a crash, once the studio is opened', async () => {
    const { id } = await keep(100);
    await call('makeFolder', 'left-behind');
    await call('sweep');
    expect(await call('folders')).toEqual([id]);
  });

  it('of one file when another takes its place', async () => {
    const { importId } = await call('inspect', table(300_000));
    const outcome = errorOf(call('create', { importId, ...choice, rows: 'all' }));
    while ((await call('folders')).length === 0);
    const { id } = await keep(100);
    expect((await outcome).code).toBe('import-cancelled');
    expect(await call('folders')).toEqual([id]);
  });
});

describe('an old data set', () => {
  it('moves to files when the studio opens', async () => {
    await call('put', 'old', { ...second, id: 'old' });
    expect(await call('list')).toMatchObject([{ id: 'old', rows: { train: 3, validation: 1, test: null } }]);
    expect(await call('folders')).toEqual(['old']);
    const record = await call('record', 'old');
    expect(record).toMatchObject({ version: 3, id: 'old', fingerprint: 'f' });
    expect(JSON.stringify(record)).not.toContain('smiling');
    await call('reopen');
    expect(await call('rows', 'old')).toEqual([['a quiet day=0', 'joy 🙂=1', 'still=0'], ['smiling=1']]);
  });

  it('stays where it is and can be used while the disk is full, and moves later', async () => {
    await call('put', 'old', { ...second, id: 'old' });
    await call('pretendRoom', 10);
    const [summary] = await call('list');
    expect(summary).toMatchObject({ id: 'old', rows: { train: 3 } });
    expect(await call('record', 'old')).toEqual({ ...second, id: 'old' });
    expect(await call('folders')).toEqual([]);
    expect((await call('rows', 'old'))[1]).toEqual(['smiling=1']);
    await call('pretendRoom', null);
    expect(await call('list')).toEqual([summary]);
    expect(await call('record', 'old')).toMatchObject({ version: 3 });
  });
});
