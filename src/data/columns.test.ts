import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessColumns, toDataset } from './columns';
import { parseTable } from './csv/table';
import { labelText, orderLabels } from './dataset';
import { splitOff } from './split';

const table = (text: string) => parseTable(text, 'data.csv');
const rows = (n: number, row: (i: number) => string) =>
  Array.from({ length: n }, (_, i) => row(i)).join('\n');

describe('guesses', () => {
  it.each([
    ['names', `label,text\n${rows(6, (i) => `${i % 2},t${i}`)}`, 'text', 'label'],
    [
      'lengths and repetition',
      `a,b,c\n${rows(8, (i) => `${i},a long sentence number ${i},${i % 3}`)}`,
      'b',
      'c',
    ],
    [
      'words like sentiment and review',
      `id,sentiment,review\n${rows(6, (i) => `${i},${i % 2 ? 'pos' : 'neg'},nice ${i}`)}`,
      'review',
      'sentiment',
    ],
  ])('%s', (_, text, textColumn, labelColumn) => {
    expect(guessColumns(table(text))).toEqual({ textColumn, labelColumn });
  });
});

describe('makes a data set', () => {
  const mixed = table(`text,label\n${rows(40, (i) => `sentence ${i},${['b', 'a', 'c'][i % 3]}`)}`);
  const choice = {
    textColumn: 'text',
    labelColumn: 'label',
    kind: { task: 'classification' },
    seed: 1,
  } as const;

  it('with sorted classes, a stratified split, a fingerprint of the content', async () => {
    const dataset = await toDataset(mixed, choice, 'id');
    expect(dataset.labelNames).toEqual(['a', 'b', 'c']);
    expect(dataset.splits.train.texts.length + dataset.splits.validation.texts.length).toBe(40);
    expect(new Set(dataset.splits.validation.labels)).toEqual(new Set([0, 1, 2]));
    expect((await toDataset(mixed, choice, 'other')).fingerprint).toBe(dataset.fingerprint);
    expect((await toDataset(mixed, { ...choice, seed: 2 }, 'id')).fingerprint).not.toBe(dataset.fingerprint);
  });

  it('with the splits that a column names', async () => {
    const named = table(
      `text,label,split\n${rows(9, (i) => `t${i},${i % 2},${['train', 'dev', 'test'][i % 3]}`)}`,
    );
    const { splits } = await toDataset(named, choice, 'id');
    expect([splits.train, splits.validation, splits.test!].map((s) => s.texts.length)).toEqual([3, 3, 3]);
  });

  it('of several labels, empty cells and all, with every label left in training', async () => {
    const several = table(
      `text,label\n${rows(40, (i) => `t${i},${['b; a', 'a', '', 'c;b;b', i < 8 ? 'rare' : 'b'][i % 5]}`)}`,
    );
    const kind = { task: 'multilabel', separator: ';' } as const;
    const dataset = await toDataset(several, { ...choice, kind }, 'id');
    expect(dataset).toMatchObject({ task: 'multilabel', labelNames: ['a', 'b', 'c', 'rare'] });
    const { train, validation } = dataset.splits;
    expect(train.labels).toBeInstanceOf(Float32Array);
    expect(train.labels).toHaveLength(4 * train.texts.length);
    const words = new Map(
      [train, validation].flatMap((split) =>
        split.texts.map((text, row) => [text, labelText(dataset, split, row, '+')] as const),
      ),
    );
    expect([0, 1, 2, 3, 4].map((i) => words.get(`t${i}`))).toEqual(['a+b', 'a', '', 'b+c', 'rare']);
    expect(train.labels.filter((value, i) => i % 4 === 3 && value === 1)).toHaveLength(1);
  });

  it('of numbers', async () => {
    const numbers = table(`text,label\n${rows(30, (i) => `t${i},${i / 7}`)}`);
    const dataset = await toDataset(numbers, { ...choice, kind: { task: 'regression' } }, 'id');
    expect(dataset).toMatchObject({ task: 'regression', labelNames: ['label'] });
    const { train, validation } = dataset.splits;
    expect([train.labels.length, validation.labels.length]).toEqual([27, 3]);
    for (const [row, text] of train.texts.entries())
      expect(train.labels[row]).toBe(Math.fround(Number(text.slice(1)) / 7));
    expect(labelText(dataset, train, 0, ',')).toBe(
      String(Number((Number(train.texts[0]!.slice(1)) / 7).toPrecision(7))),
    );
    const classes = await toDataset(mixed, choice, 'id');
    expect(dataset.fingerprint).not.toBe(classes.fingerprint);
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
    await expect(toDataset(data, columns, 'id')).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
  });
});

it('orders numbers by value and words by code point', () => {
  expect(orderLabels(['10', '9', '-1'])).toEqual(['-1', '9', '10']);
  expect(orderLabels(['b', 'B', 'a', 'ä', '😀'])).toEqual(['B', 'a', 'b', 'ä', '😀']);
});

it('splits any data without losing, repeating or leaking a row', () => {
  const data = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3 })), {
    minLength: 4,
    maxLength: 200,
  });
  fc.assert(
    fc.property(data, fc.integer({ min: 0, max: 99 }), (pairs, seed) => {
      const texts = pairs.map(([text]) => `t${text}`);
      const groups = pairs.map(([, group]) => group);
      const { train, validation } = splitOff(texts, groups, 0.2, seed);
      expect([...train, ...validation].sort((a, b) => a - b)).toEqual(texts.map((_, i) => i));
      const held = new Set(validation.map((i) => texts[i]));
      expect(train.filter((i) => held.has(texts[i]))).toEqual([]);
      expect(splitOff(texts, groups, 0.2, seed)).toEqual({ train, validation });
    }),
    { numRuns: 200 },
  );
});

it('points a column of many numbers to the number task', async () => {
  const numbers = table(`text,label\n${rows(5, (i) => `t${i},${i}`)}`);
  const choice = {
    textColumn: 'text',
    labelColumn: 'label',
    kind: { task: 'classification' },
    seed: 1,
  } as const;
  await expect(toDataset(numbers, choice, 'id')).rejects.toMatchObject({
    hint: expect.stringContaining('choose “A number”'),
  });
});
