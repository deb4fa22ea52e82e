import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNumber, rangeOf } from './dataset';
import { type LabelColumn, LabelColumnDescriber, partsOf } from './label-columns';

const repeat = (count: number, cell: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => cell(i));

function describeColumn(cells: readonly string[]): LabelColumn {
  const describer = new LabelColumnDescriber();
  for (const cell of cells) describer.add(cell);
  return describer.describe();
}

/** All but the guess, from all cells at once. */
function describeWhole(cells: readonly string[]): Omit<LabelColumn, 'guess'> {
  const countsOf = (values: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
    return counts.size > 50 ? null : Object.fromEntries(counts);
  };
  const trimmed = cells.map((cell) => cell.trim());
  const occurring = ['|', ';', ','].filter((separator) => trimmed.some((cell) => cell.includes(separator)));
  return {
    values: countsOf(trimmed),
    parts: Object.fromEntries(
      occurring.map((separator) => [
        separator,
        countsOf(trimmed.flatMap((cell) => partsOf(cell, separator))),
      ]),
    ),
    range: trimmed.every(isNumber) ? rangeOf(trimmed.map(Number)) : null,
  };
}

describe('what a column of labels is', () => {
  it.each([
    ['words', repeat(30, (i) => ['pos', 'neg'][i % 2]!), { task: 'classification' }],
    ['0 and 1', repeat(30, (i) => String(i % 2)), { task: 'classification' }],
    ['ratings in half stars', repeat(300, (i) => String((i % 11) / 2)), { task: 'classification' }],
    ['two rows', ['0', '1'], { task: 'classification' }],
    ['measured numbers', repeat(30, (i) => (Math.sin(i) * 4).toFixed(3)), { task: 'regression' }],
    ['a few different numbers', ['1.5', '2', '-3e2', '4', '0.1', '7'], { task: 'regression' }],
    ['numbers and a word', [...repeat(30, String), 'n/a'], { task: 'classification' }],
    [
      'tags with commas',
      repeat(40, (i) => ['red, round', 'round', 'red', 'square,red', ''][i % 5]!),
      { task: 'multilabel', separator: ',' },
    ],
    [
      'tags with bars, a comma within',
      repeat(40, (i) => ['a, b|c', 'c', 'a, b', 'd|c', 'd'][i % 5]!),
      { task: 'multilabel', separator: '|' },
    ],
    [
      'classes with a comma in the name',
      repeat(40, (i) => ['Paris, France', 'Rome, Italy', 'Oslo, Norway'][i % 3]!),
      { task: 'classification' },
    ],
    ['free text', repeat(40, (i) => `well, number ${i}, so what`), { task: 'classification' }],
  ])('is guessed from %s', (_, cells, guess) => {
    expect(describeColumn(cells).guess).toEqual(guess);
  });

  it('is told in values, in parts and in a range', () => {
    expect(describeColumn(['x', 'y', 'x'])).toMatchObject({ values: { x: 2, y: 1 }, parts: {}, range: null });
    expect(describeColumn(repeat(60, String)).values).toBeNull();
    expect(describeColumn(['1', ' 4 ']).range).toEqual({ minimum: 1, maximum: 4, mean: 2.5 });
    expect(describeColumn(['a;b', 'b; b', '']).parts).toEqual({ ';': { a: 1, b: 2 } });
  });

  it('is the same cell by cell as from all cells at once', () => {
    const word = fc.oneof(
      fc.constantFrom('', ' ', 'a', 'b ', 'a;b', 'b|a;c', 'c, d', '1', '2.5', '__proto__', '\ufeff'),
      // Around the fifty different values that are counted.
      fc.integer({ min: 0, max: 55 }).map(String),
      fc.integer({ min: 0, max: 55 }).map((i) => `w${i}`),
    );
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 400, size: 'max' }), (cells) => {
        const { guess: _, ...described } = describeColumn(cells);
        expect(described).toEqual(describeWhole(cells));
      }),
      { numRuns: 1000 },
    );
    // Beyond the cells that a guess looks at, where a column of texts is told in short.
    const texts = [...repeat(3000, (i) => `text ${i}, and so`), 'one; two', 'x'];
    const { guess: __, ...told } = describeColumn(texts);
    expect(told).toEqual(describeWhole(texts));
    expect(told.parts).toEqual({ ';': null, ',': null });
    const fifty = [...repeat(50, (i) => `w${i}`), ''];
    const { guess: _, ...described } = describeColumn([...fifty, 'w0;w1']);
    expect(described).toEqual(describeWhole([...fifty, 'w0;w1']));
    expect(Object.keys(described.parts[';']!)).toHaveLength(50);
  });
});
