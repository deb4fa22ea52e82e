import { describe, expect, it } from 'vitest';
import { parseTable } from './csv/table';
import { TableDescriber } from './table-description';

function describeTable(text: string) {
  const { columns, rows } = parseTable(text, 'data.csv');
  const describer = new TableDescriber(columns);
  for (const cells of rows) describer.add(cells);
  return describer.describe();
}

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
    expect(describeTable(text).guess).toEqual({ textColumn, labelColumn });
  });
});

it('tells the first rows, cut between two characters where they are long', () => {
  const {
    rowCount,
    rows: first,
    lengths,
  } = describeTable(`text,label\n${rows(20, (i) => `${'😀'.repeat(i * 200)}!,x`)}`);
  expect(rowCount).toBe(20);
  expect(first).toHaveLength(8);
  expect(first[5]).toEqual([`${'😀'.repeat(1000)}…`, 'x']);
  expect(first[4]).toEqual([`${'😀'.repeat(800)}!`, 'x']);
  expect(lengths).toEqual({ text: 2 * 200 * 190 + 20, label: 20 });
});
