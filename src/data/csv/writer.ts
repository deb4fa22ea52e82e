/**
 * Writes every CSV of the studio, so that the studio reads it back equal. Files that programs read hold their cells exactly. Tables
 * that people open are guarded: a spreadsheet runs a cell that begins with `=` as a formula, whoever wrote it (OWASP, “CSV
 * Injection”).
 */

export interface CsvStyle {
  /** One UTF-16 unit, neither a quotation mark nor a line end; a comma where none is given. */
  readonly delimiter?: string;
  readonly lineEnd?: '\n' | '\r\n' | '\r';
  /** For a table that people open; whoever reads it back must `unguard` its cells. */
  readonly isGuarded?: boolean;
}

/** Rows of cells, each ended by a line end. */
export function writeCsv(
  rows: Iterable<readonly string[]>,
  { delimiter = ',', lineEnd = '\n', isGuarded = false }: CsvStyle = {},
): string {
  const lines: string[] = [];
  for (const row of rows) {
    const cells = isGuarded ? row.map(guard) : row;
    const written = cells.map((cell) => (needsMarks(cell, delimiter) ? inMarks(cell) : cell)).join(delimiter);
    // Without marks a lone empty cell would be a blank line, which is no row.
    lines.push(written === '' && cells.length === 1 ? '""' : written);
  }
  return lines.map((line) => line + lineEnd).join('');
}

/** A cell that a spreadsheet could run, or that begins with the sign that says so, gets one leading `'`. */
export const guard = (cell: string) => (/^[=+\-@\t\r']/.test(cell) ? `'${cell}` : cell);

/**
 * The cell that was guarded. Nothing in a file tells that it is guarded, and a person's own text may begin with `'`: only where the
 * studio reads a table that it wrote guarded are cells taken through this, never where a person's file becomes a data set.
 */
export const unguard = (cell: string) => (cell.startsWith("'") ? cell.slice(1) : cell);

/**
 * Spaces at the edges are kept by marks where a program would trim. At the start of a file, a byte order mark is no text and `sep=`
 * names the delimiter, unless a quotation mark is before them.
 */
const needsMarks = (cell: string, delimiter: string) =>
  /["\r\n\ufeff]|^ | $|^sep=/i.test(cell) || cell.includes(delimiter);

const inMarks = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
