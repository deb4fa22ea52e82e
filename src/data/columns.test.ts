import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { guessColumns, toDataset, valueCounts } from './columns';
import { parseTable } from './csv';
import { orderLabels } from './dataset';
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
  const choice = { textColumn: 'text', labelColumn: 'label', seed: 1 };

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

  it.each([
    ['missing-column', mixed, { ...choice, labelColumn: 'mood' }, /no column “mood”/],
    ['same-column', mixed, { ...choice, labelColumn: 'text' }, /as text and as label/],
    ['one-class', table('text,label\na,x\nb,x\n'), choice, /label “x”/],
    ['empty-label', table('text,label\na,x\nb,\nc,y\n'), choice, /Row 2/],
    ['empty-text', table('text,label\na,x\n ,y\n'), choice, /Row 2/],
    ['too-many-classes', table(`text,label\n${rows(5, (i) => `t${i},${i}`)}`), choice, /5 different values/],
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

it('counts values, up to a limit', () => {
  expect(valueCounts(table('text,label\na,x\nb,y\nc,x\n'), 'label')).toEqual({ x: 2, y: 1 });
  expect(valueCounts(table(`text,label\n${rows(60, (i) => `t${i},${i}`)}`), 'label')).toBeNull();
});

it('splits any data without losing, repeating or leaking a row', () => {
  const data = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3 })), {
    minLength: 4,
    maxLength: 200,
  });
  fc.assert(
    fc.property(data, fc.integer({ min: 0, max: 99 }), (pairs, seed) => {
      const split = {
        texts: pairs.map(([text]) => `t${text}`),
        labels: Uint32Array.from(pairs, ([, label]) => label),
      };
      const { train, validation } = splitOff(split, 0.2, seed);
      expect([...train.texts, ...validation.texts].sort()).toEqual([...split.texts].sort());
      expect(train.texts.filter((text) => validation.texts.includes(text))).toEqual([]);
      expect(splitOff(split, 0.2, seed)).toEqual({ train, validation });
    }),
    { numRuns: 200 },
  );
});
