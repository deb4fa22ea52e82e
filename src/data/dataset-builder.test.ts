import { describe, expect, it } from 'vitest';
import { parseTable, type Table } from './csv/table';
import { type Dataset, fingerprintOf, labelText, type Split } from './dataset';
import { type ColumnChoice, DatasetBuilder, packedSplits } from './dataset-builder';

const table = (text: string) => parseTable(text, 'data.csv');
const rows = (n: number, row: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => row(i)).join('\n');
const textsIn = ({ texts }: Split) => Array.from({ length: texts.length }, (_, row) => texts.at(row));

async function toDataset(
  { fileName, columns, rows: cells }: Table,
  choice: ColumnChoice,
): Promise<Pick<Dataset, 'task' | 'labelNames' | 'splits'>> {
  let whole = new Uint8Array(0);
  const builder = new DatasetBuilder({ fileName, columns }, choice, cells.length, (bytes) => {
    whole = new Uint8Array([...whole, ...bytes]);
  });
  for (const [i, row] of cells.entries()) builder.add(row, i + 1);
  const { task, labelNames, ...built } = await builder.finish();
  const source = { read: (begin: number, end: number) => whole.slice(begin, end) };
  return { task, labelNames, splits: packedSplits(built, { name: fileName, source }) };
}

const choice = {
  textColumn: 'text',
  labelColumn: 'label',
  kind: { task: 'classification' },
  seed: 1,
} as const;

describe('makes a data set', () => {
  const mixed = table(`text,label\n${rows(40, (i) => `sentence ${i},${['b', 'a', 'c'][i % 3]}`)}`);
  it('with sorted classes, a stratified split, a fingerprint of the content', async () => {
    const dataset = await toDataset(mixed, choice);
    expect(dataset.labelNames).toEqual(['a', 'b', 'c']);
    expect(dataset.splits.train.texts.length + dataset.splits.validation.texts.length).toBe(40);
    expect(new Set(dataset.splits.validation.labels)).toEqual(new Set([0, 1, 2]));
    expect(await fingerprintOf(await toDataset(mixed, choice))).toBe(await fingerprintOf(dataset));
    expect(await fingerprintOf(await toDataset(mixed, { ...choice, seed: 2 }))).not.toBe(
      await fingerprintOf(dataset),
    );
  });

  it('with the splits that a column names', async () => {
    const named = table(
      `text,label,split\n${rows(9, (i) => `t${i},${i % 2},${['train', 'dev', 'test'][i % 3]}`)}`,
    );
    const { splits } = await toDataset(named, choice);
    expect([splits.train, splits.validation, splits.test!].map((s) => s.texts.length)).toEqual([3, 3, 3]);
  });

  it('of several labels, empty cells and all, with every label left in training', async () => {
    const several = table(
      `text,label\n${rows(40, (i) => `t${i},${['b; a', 'a', '', 'c;b;b', i < 8 ? 'rare' : 'b'][i % 5]}`)}`,
    );
    const kind = { task: 'multilabel', separator: ';' } as const;
    const dataset = await toDataset(several, { ...choice, kind });
    expect(dataset).toMatchObject({ task: 'multilabel', labelNames: ['a', 'b', 'c', 'rare'] });
    const { train, validation } = dataset.splits;
    expect(train.labels).toBeInstanceOf(Float32Array);
    expect(train.labels).toHaveLength(4 * train.texts.length);
    const words = new Map(
      [train, validation].flatMap((split) =>
        textsIn(split).map((text, row) => [text, labelText(dataset, split, row, '+')] as const),
      ),
    );
    expect([0, 1, 2, 3, 4].map((i) => words.get(`t${i}`))).toEqual(['a+b', 'a', '', 'b+c', 'rare']);
    expect(train.labels.filter((value, i) => i % 4 === 3 && value === 1)).toHaveLength(1);
  });

  it('of numbers', async () => {
    const numbers = table(`text,label\n${rows(30, (i) => `t${i},${i / 7}`)}`);
    const dataset = await toDataset(numbers, { ...choice, kind: { task: 'regression' } });
    expect(dataset).toMatchObject({ task: 'regression', labelNames: ['label'] });
    const { train, validation } = dataset.splits;
    expect([train.labels.length, validation.labels.length]).toEqual([27, 3]);
    for (const [row, text] of textsIn(train).entries())
      expect(train.labels[row]).toBe(Math.fround(Number(text.slice(1)) / 7));
    expect(labelText(dataset, train, 0, ',')).toBe(
      String(Number((Number(train.texts.at(0).slice(1)) / 7).toPrecision(7))),
    );
    const classes = await toDataset(mixed, choice);
    expect(await fingerprintOf(dataset)).not.toBe(await fingerprintOf(classes));
  });

  it.each([
    ['missing-column', mixed, { ...choice, labelColumn: 'mood' }, /no column “mood”/],
    ['same-column', mixed, { ...choice, labelColumn: 'text' }, /as text and as label/],
    ['one-class', table('text,label\na,x\nb,x\n'), choice, /label “x”/],
    ['empty-label', table('text,label\na,x\nb,\nc,y\n'), choice, /Row 2/],
    ['empty-text', table('text,label\na,x\n ,y\n'), choice, /Row 2/],
    ['too-many-classes', table(`text,label\n${rows(5, (i) => `t${i},${i}`)}`), choice, /5 different values/],
    [
      'not-a-number',
      table('text,label\na,1\nb,two\nc,3\n'),
      { ...choice, kind: { task: 'regression' } as const },
      /Row 2 .*“two”/,
    ],
    [
      'one-number',
      table('text,label\na,1\nb,1.0\n'),
      { ...choice, kind: { task: 'regression' } as const },
      /the number 1 /,
    ],
    [
      'one-class',
      table('text,label\na,x\nb,\n'),
      { ...choice, kind: { task: 'multilabel', separator: ';' } as const },
      /the one label “x”/,
    ],
  ])('or says %s', async (code, data, columns, message) => {
    await expect(toDataset(data, columns)).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

it('points a column of many numbers to the number task', async () => {
  const numbers = table(`text,label\n${rows(5, (i) => `t${i},${i}`)}`);
  await expect(toDataset(numbers, choice)).rejects.toMatchObject({
    hint: expect.stringContaining('choose “A number”'),
  });
});
