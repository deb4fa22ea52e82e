/** Records as studios before version 3 wrote them, frozen here, and what becomes of them. */
import { describe, expect, it } from 'vitest';
import { fingerprintOf, type Split } from '../../data/dataset';
import { StudioError } from '../../errors';
import type { DatasetRecord, InlineDatasetRecord } from '../../protocol/records';
import { MemoryFiles, type RowWriter } from '../../storage/dataset-files';
import { migrate } from '../../storage/migrations';
import { inlineDataset, moveDataset } from './dataset-move';
import { openSplits } from './dataset-rows';

const first = {
  version: 1,
  id: 'd-1',
  name: 'moods.csv',
  fingerprint: 'f-1',
  labelNames: ['calm', 'glad'],
  splits: {
    train: { texts: ['a quiet day', 'joy 🙂', '\ufeffmarked'], labels: new Uint32Array([0, 1, 0]) },
    validation: { texts: ['', 'a "quoted", still one'], labels: new Uint32Array([1, 0]) },
  },
};

const second = {
  version: 2,
  id: 'd-2',
  name: 'tags.csv',
  task: 'multilabel',
  fingerprint: 'f-2',
  labelNames: ['red', 'round', 'soft'],
  splits: {
    train: { texts: ['ball', 'rose'], labels: new Float32Array([1, 1, 0, 1, 0, 1]) },
    validation: { texts: ['brick'], labels: new Float32Array([1, 0, 0]) },
    test: { texts: ['cloud', 'moon'], labels: new Float32Array([0, 0, 1, 0, 1, 0]) },
  },
};

const third = {
  version: 2,
  id: 'd-3',
  name: 'stars.csv',
  task: 'regression',
  fingerprint: 'f-3',
  labelNames: ['stars'],
  splits: {
    train: { texts: ['fine', 'bad'], labels: new Float32Array([4.5, 0.1]) },
    validation: { texts: ['so so'], labels: new Float32Array([2.5]) },
  },
};

const old = (record: object) => migrate<InlineDatasetRecord>('dataset', record);
const rowsOf = (split: Split | undefined) =>
  split && {
    texts: Array.from({ length: split.texts.length }, (_, row) => split.texts.at(row)),
    labels: split.labels,
  };

describe('an old data set', () => {
  it.each([first, second, third])('is there before it is moved: $name', async (record) => {
    const { splits, ...head } = inlineDataset(old(record));
    expect(head).toEqual({
      id: record.id,
      name: record.name,
      task: 'task' in record ? record.task : 'classification',
      fingerprint: record.fingerprint,
      labelNames: record.labelNames,
    });
    expect(rowsOf(splits.train)).toEqual(record.splits.train);
  });

  it.each([first, second, third])(
    'has the same rows in files, and then no rows in its record: $name',
    async (record) => {
      const files = new MemoryFiles();
      const saved: DatasetRecord[] = [];
      const moved = await moveDataset(old(record), files, { saveDataset: async (r) => void saved.push(r) });
      expect(saved).toEqual([moved]);
      expect(moved).not.toHaveProperty('inline');
      expect(moved).toMatchObject({ version: 3, id: record.id, fingerprint: record.fingerprint });
      const { train, validation, test } = await openSplits(files, moved);
      expect({
        train: rowsOf(train),
        validation: rowsOf(validation),
        ...(test ? { test: rowsOf(test) } : {}),
      }).toEqual(record.splits);
      // A record of version 3 is today's: it stays as it is.
      expect(migrate('dataset', moved)).toEqual(moved);
      const { task, labelNames, splits } = inlineDataset(old(record));
      expect(
        await fingerprintOf({ task, labelNames, splits: { train, validation, ...(test ? { test } : {}) } }),
      ).toBe(await fingerprintOf({ task, labelNames, splits }));
    },
  );

  it('tells what lists show of it', async () => {
    const store = { saveDataset: async () => {} };
    expect(await moveDataset(old(second), new MemoryFiles(), store)).toMatchObject({
      rows: { train: 2, validation: 1, test: 2 },
      labelCounts: [2, 1, 1],
      range: null,
      preview: [
        { text: 'ball', label: 'red, round' },
        { text: 'rose', label: 'red, soft' },
      ],
      sampledFrom: null,
    });
    expect(await moveDataset(old(third), new MemoryFiles(), store)).toMatchObject({
      labelCounts: null,
      range: { minimum: Math.fround(0.1), maximum: 4.5 },
    });
  });

  it.each([
    ['the disk is full', new StudioError('storage-full', 'no room', 'make some')],
    ['a write fails', new DOMException('gone', 'InvalidStateError')],
  ])('stays in its record where %s, and nothing else is left', async (_, failure) => {
    class FailingFiles extends MemoryFiles {
      override write(
        folder: string,
        name: 'texts' | 'index',
        work: (writer: RowWriter) => Promise<void> | void,
      ) {
        return super.write(folder, name, name === 'texts' ? work : () => Promise.reject(failure));
      }
    }
    const files = new FailingFiles();
    const saved: DatasetRecord[] = [];
    const moving = moveDataset(old(second), files, { saveDataset: async (r) => void saved.push(r) });
    await expect(moving).rejects.toBe(failure);
    expect(saved).toEqual([]);
    expect(await files.folders()).toEqual([]);
  });

  it('stays in its record where other rows are read than were written', async () => {
    class ForgetfulFiles extends MemoryFiles {
      override async open(folder: string, name: 'texts' | 'index') {
        const file = await super.open(folder, name);
        if (!file || name === 'index') return file;
        return { sizeBytes: file.sizeBytes, read: (a: number, b: number) => file.read(a, b).fill(0x61) };
      }
    }
    const files = new ForgetfulFiles();
    const store = { saveDataset: () => expect.fail('saved') };
    await expect(moveDataset(old(first), files, store)).rejects.toThrow('moods.csv');
    expect(await files.folders()).toEqual([]);
  });

  it('without rows to train on is named', () => {
    const record = { ...second, splits: { validation: second.splits.validation } };
    expect(() => inlineDataset(old(record))).toThrow(expect.objectContaining({ code: 'dataset-damaged' }));
  });
});
