/** From a file to a data set and back, in memory; `test/datasets.gpu.test.ts` has the browser's own files. */
import { describe, expect, it } from 'vitest';
import type { Split } from '../../data/dataset';
import { StudioError } from '../../errors';
import type { ImportProgress } from '../../protocol/types';
import { MemoryFiles, type RowWriter } from '../../storage/dataset-files';
import { inspectFile, writeDataset } from './dataset-import';
import { openSplits } from './dataset-rows';

const csv = (text: string, name = 'reviews.csv') => new File([text], name, { type: 'text/csv' });
const lines = (n: number) =>
  Array.from({ length: n }, (_, i) => `row ${i},${['neg', 'pos'][i % 2]}`).join('\n');
const table = (n: number) => csv(`text,label\n${lines(n)}\n`);
const choice = {
  textColumn: 'text',
  labelColumn: 'label',
  kind: { task: 'classification' },
  seed: 42,
} as const;
const textsIn = (split: Split | undefined) =>
  Array.from({ length: split?.texts.length ?? 0 }, (_, row) => split!.texts.at(row));

function parts(abort = new AbortController()) {
  const told: ImportProgress[] = [];
  return { signal: abort.signal, onProgress: (progress: ImportProgress) => void told.push(progress), told };
}

async function imported(file: File, rows: 'sample' | 'all' = 'sample', seed = 42) {
  const files = new MemoryFiles();
  const { inspected, preview } = await inspectFile(file, undefined, parts());
  const record = await writeDataset(inspected, { ...choice, rows, seed }, files, 'folder', parts());
  return { preview, record, splits: await openSplits(files, record), files };
}

describe('an import', () => {
  it('keeps every row of a file that is no larger than the sample, with what lists show of it', async () => {
    const { preview, record, splits } = await imported(table(2000));
    expect(preview).toMatchObject({
      rowCount: 2000,
      guess: { textColumn: 'text', labelColumn: 'label' },
      canTakeAll: true,
    });
    expect(preview.labelColumns.label?.values).toEqual({ neg: 1000, pos: 1000 });
    expect(record).toMatchObject({
      version: 3,
      name: 'reviews.csv',
      rows: { train: 1800, validation: 200, test: null },
      labelCounts: [900, 900],
      sampledFrom: null,
    });
    const back = [...textsIn(splits.train), ...textsIn(splits.validation)];
    expect(new Set(back).size).toBe(2000);
    expect(record.preview[0]).toEqual({ text: splits.train.texts.at(0), label: 'neg' });
    for (const split of [splits.train, splits.validation])
      for (const [row, text] of textsIn(split).entries())
        expect(split.labels[row]).toBe(Number(text.slice(4)) % 2);
  });

  it('of a larger file keeps a sample that its seed decides, or all of it', async () => {
    const file = table(52_000);
    const [first, again, other, all] = await Promise.all([
      imported(file),
      imported(file),
      imported(file, 'sample', 7),
      imported(file, 'all'),
    ]);
    expect(first.record.rows.train + first.record.rows.validation).toBe(50_000);
    expect(first.record.sampledFrom).toBe(52_000);
    expect(again.record.fingerprint).toBe(first.record.fingerprint);
    expect(other.record.fingerprint).not.toBe(first.record.fingerprint);
    expect(all.record.rows.train + all.record.rows.validation).toBe(52_000);
    expect(all.record.sampledFrom).toBeNull();
    const numbers = textsIn(first.splits.train).map((text) => Number(text.slice(4)));
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
    // Of the whole file, not of its beginning.
    expect(numbers.filter((n) => n >= 26_000).length / numbers.length).toBeCloseTo(0.5, 1);
  });

  it('tells how much of the file is read, stored and checked', async () => {
    const file = table(5000);
    const [reading, storing] = [parts(), parts()];
    const { inspected } = await inspectFile(file, undefined, reading);
    await writeDataset(inspected, choice, new MemoryFiles(), 'folder', storing);
    expect(reading.told.at(-1)).toEqual({
      fileName: 'reviews.csv',
      phase: 'reading',
      done: file.size,
      total: file.size,
    });
    expect(storing.told.find(({ phase, done }) => phase === 'storing' && done === file.size)).toBeDefined();
    expect(storing.told.at(-1)).toMatchObject({ phase: 'checking', total: 5000 });
  });
});

describe('an import leaves nothing', () => {
  it('where it is cancelled, in either pass', async () => {
    const abort = new AbortController();
    const reason = new StudioError('import-cancelled', 'cancelled', '');
    const cancelling = {
      signal: abort.signal,
      onProgress: () => abort.abort(reason),
    };
    await expect(inspectFile(table(20_000), undefined, cancelling)).rejects.toBe(reason);
    const { inspected } = await inspectFile(table(20_000), undefined, parts());
    const files = new MemoryFiles();
    await expect(writeDataset(inspected, choice, files, 'folder', cancelling)).rejects.toBe(reason);
    expect(await files.folders()).toEqual([]);
  });

  it('where the disk is full, which is named as such', async () => {
    const { inspected } = await inspectFile(table(20_000), undefined, parts());
    const files = new FullFiles();
    await expect(
      writeDataset(inspected, { ...choice, rows: 'all' }, files, 'folder', parts()),
    ).rejects.toMatchObject({ code: 'storage-full' });
    expect(await files.folders()).toEqual([]);
  });

  it.each([
    ['one-class', csv('text,label\na,x\nb,x\n')],
    ['empty-label', csv('text,label\na,x\nb,\n')],
    ['empty-text', csv('text,label\na,x\n,y\n')],
  ])('where the columns are refused: %s', async (code, file) => {
    const { inspected } = await inspectFile(file, undefined, parts());
    const files = new MemoryFiles();
    await expect(writeDataset(inspected, choice, files, 'folder', parts())).rejects.toMatchObject({ code });
    expect(await files.folders()).toEqual([]);
  });

  it('where the file is another one at the second reading', async () => {
    const { inspected } = await inspectFile(table(100), undefined, parts());
    const files = new MemoryFiles();
    for (const rows of [99, 101]) {
      const other = (await inspectFile(table(rows), undefined, parts())).inspected.table;
      await expect(
        writeDataset({ ...inspected, table: other }, choice, files, 'folder', parts()),
      ).rejects.toMatchObject({ code: 'file-changed', message: expect.stringContaining('reviews.csv') });
    }
    expect(await files.folders()).toEqual([]);
  });
});

describe('a file', () => {
  it('above 1 GiB is refused before it is read', async () => {
    const huge = Object.defineProperty(csv('text,label\n'), 'size', { value: 2 ** 30 + 1 });
    await expect(inspectFile(huge, undefined, parts())).rejects.toMatchObject({
      code: 'file-too-large',
      message: expect.stringContaining('1,025 MiB'),
    });
  });
});

describe('rows that are not as they were written', () => {
  it.each([
    ['the texts are gone', (files: MemoryFiles) => files.write('folder', 'texts', () => {})],
    ['the index is of the same size', (files: MemoryFiles) => changeIndex(files)],
    ['all is gone', (files: MemoryFiles) => files.remove('folder')],
  ])('are named: %s', async (_, damage) => {
    const { files, record } = await imported(table(100));
    await damage(files);
    await expect(openSplits(files, record)).rejects.toMatchObject({
      code: 'dataset-damaged',
      message: expect.stringContaining('reviews.csv'),
      hint: expect.stringContaining('Drop its file again'),
    });
  });
});

async function changeIndex(files: MemoryFiles): Promise<void> {
  const index = (await files.open('folder', 'index'))!;
  const bytes = index.read(0, index.sizeBytes);
  bytes[0]! ^= 1;
  await files.write('folder', 'index', (writer) => writer.append(bytes));
}

/** As a disk that takes 100 kB and no more. */
class FullFiles extends MemoryFiles {
  override write(folder: string, name: 'texts' | 'index', work: (writer: RowWriter) => Promise<void> | void) {
    let room = 100_000;
    return super.write(folder, name, (writer) =>
      work({
        append: (bytes) => {
          room -= bytes.byteLength;
          if (room < 0) throw new StudioError('storage-full', 'no room', 'make some');
          writer.append(bytes);
        },
      }),
    );
  }
}
