/** What the start of a file tells: Excel's `sep=;` line, and the delimiter where there is none. */
import { CsvReader } from './reader';

export interface Layout {
  readonly delimiter: string;
  /** Characters and lines of the `sep=` line. */
  readonly skippedCharacters: number;
  readonly skippedLines: number;
}

/** Characters that a layout is read from. */
export const headCharacters = 65_536;

const delimiters = [',', ';', '\t', '|'];

/** `head` is the file's first characters, or all of it where it `isWhole`. */
export function layoutOf(head: string, isWhole: boolean): Layout {
  const declared = /^sep=([^\r\n"])(?:\r\n|\n|\r)/i.exec(head);
  if (declared) return { delimiter: declared[1]!, skippedCharacters: declared[0].length, skippedLines: 1 };
  return { delimiter: sniffDelimiter(head, isWhole), skippedCharacters: 0, skippedLines: 0 };
}

/** The delimiter that splits the first lines into the most equal rows; comma where none does. */
function sniffDelimiter(head: string, isWhole: boolean): string {
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of delimiters) {
    const rows = rowsOf(head, isWhole, delimiter).filter((row) => row.some((cell) => cell !== ''));
    const width = rows[0]?.length ?? 0;
    const agreeing = rows.filter((row) => row.length === width).length / Math.max(1, rows.length);
    const score = width < 2 ? 0 : agreeing + 0.001 * width;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

/** Whole rows; of a single one that goes on beyond the head, what is there. Faults are for the reading proper to name. */
function rowsOf(head: string, isWhole: boolean, delimiter: string): readonly (readonly string[])[] {
  const reader = new CsvReader('', delimiter, 'keep');
  const { rows } = reader.push(head);
  if (!isWhole && rows.length > 0) return rows;
  try {
    return [...rows, ...reader.end().rows];
  } catch {
    return rows;
  }
}
