/** Whatever was written as CSV is read back equal: by any writer's habits, in pieces of any size, through the studio's own files. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CsvReader } from './reader';
import { openTable } from './table';
import { guard, unguard, writeCsv } from './writer';

/** Signs that mean something to some program, line ends, characters of several bytes, any code point. */
const signs = [
  '"',
  '""',
  ',',
  ';',
  '\t',
  '|',
  '\n',
  '\r',
  '\r\n',
  ' ',
  "'",
  '=',
  '+',
  '-',
  '@',
  '\0',
  '\ufeff',
  'sep=',
  'é',
  '😀',
];
const wellFormed = fc
  .array(fc.oneof(fc.constantFrom(...signs), fc.string({ unit: 'binary', maxLength: 4 })), { maxLength: 6 })
  .map((parts) => parts.join(''));
/** UTF-16 units alone, too: no file holds a lone surrogate, but a reader of strings must not mind. */
const anyUnits = fc.oneof(
  wellFormed,
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 6 })
    .map((units) => String.fromCharCode(...units)),
);
const delimiters = fc.constantFrom(',', ';', '\t', '|');
const pieceSize = fc.integer({ min: 1, max: 64 });

function readInPieces(text: string, delimiter: string, size: number): readonly (readonly string[])[] {
  const reader = new CsvReader('f.csv', delimiter, 'refuse');
  const rows: (readonly string[])[] = [];
  for (let at = 0; at < text.length; at += size) rows.push(...reader.push(text.slice(at, at + size)).rows);
  rows.push(...reader.end().rows);
  return rows;
}

/** As other programs write: marks around every cell or around those that need them, the last end there or not. */
function writtenBy(
  { everyCell, lastEnd }: { readonly everyCell: boolean; readonly lastEnd: boolean },
  rows: readonly (readonly string[])[],
  delimiter: string,
  endOf: (row: number) => string,
): string {
  const cellOf = (cell: string, isAlone: boolean) =>
    everyCell || isAlone || /["\r\n]/.test(cell) || cell.includes(delimiter)
      ? `"${cell.replaceAll('"', '""')}"`
      : cell;
  return rows
    .map((row, i) => {
      const cells = row.map((cell) => cellOf(cell, row.length === 1 && cell === ''));
      return cells.join(delimiter) + (lastEnd || i < rows.length - 1 ? endOf(i) : '');
    })
    .join('');
}

const rowsOf = (cell: fc.Arbitrary<string>) =>
  fc.array(fc.array(cell, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 5 });

describe.each([
  ['LF', ['\n']],
  ['CRLF', ['\r\n']],
  ['CR', ['\r']],
  ['mixed ends', ['\n', '\r\n', '\r']],
] as const)('10,000 files of %s', (_, ends) => {
  it('give the rows that were written, in pieces of any size', () => {
    const habits = fc.record({ everyCell: fc.boolean(), lastEnd: fc.boolean() });
    const fiveEnds = fc.array(fc.constantFrom(...ends), { minLength: 5, maxLength: 5 });
    fc.assert(
      fc.property(
        rowsOf(anyUnits),
        habits,
        delimiters,
        pieceSize,
        fiveEnds,
        (rows, habit, delimiter, size, endOf) => {
          const text = writtenBy(habit, rows, delimiter, (row) => endOf[row]!);
          expect(readInPieces(text, delimiter, size)).toEqual(rows);
        },
      ),
      { numRuns: 10_000 },
    );
  });
});

describe('what the studio writes', () => {
  const lineEnds = fc.constantFrom('\n', '\r\n', '\r');

  it('it reads back equal, cell by cell', () => {
    fc.assert(
      fc.property(rowsOf(anyUnits), delimiters, lineEnds, pieceSize, (rows, delimiter, lineEnd, size) => {
        expect(readInPieces(writeCsv(rows, { delimiter, lineEnd }), delimiter, size)).toEqual(rows);
      }),
      { numRuns: 2000 },
    );
  });

  it('it reads back equal as a file of texts and labels', async () => {
    const rowOfTwo = fc.tuple(wellFormed, wellFormed);
    await fc.assert(
      fc.asyncProperty(
        fc.array(rowOfTwo, { minLength: 1, maxLength: 5 }),
        lineEnds,
        async (rows, lineEnd) => {
          const table = await openTable(new Blob([writeCsv([['text', 'label'], ...rows], { lineEnd })]));
          const read: (readonly string[])[] = [];
          for await (const batch of table.batches()) read.push(...batch.rows);
          expect([table.columns, read]).toEqual([['text', 'label'], rows]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('it reads back equal where it is guarded, and no cell of it is a formula', () => {
    fc.assert(
      fc.property(rowsOf(anyUnits), delimiters, (rows, delimiter) => {
        const read = readInPieces(writeCsv(rows, { delimiter, isGuarded: true }), delimiter, 64);
        expect(read.flat().filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
        expect(read.map((row) => row.map(unguard))).toEqual(rows);
      }),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+1', "'+1"],
    ['-1', "'-1"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['\t=1', "'\t=1"],
    ['\r=1', "'\r=1"],
    ["'=1", "''=1"],
    ["'", "''"],
    ['', ''],
    ['1-1', '1-1'],
    [' =1', ' =1'],
  ])('guards %j as %j', (cell, guarded) => {
    expect([guard(cell), unguard(guarded)]).toEqual([guarded, cell]);
  });

  it('begins with no byte order mark and no sep= line that is a cell', async () => {
    for (const first of ['\ufefftext', 'sep=', 'PK']) {
      const table = await openTable(
        new Blob([
          writeCsv([
            [first, ''],
            ['a', 'b'],
          ]),
        ]),
      );
      expect(table.columns).toEqual([first.trim(), 'Column 2']);
    }
  });
});
