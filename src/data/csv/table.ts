/**
 * A person's CSV or TSV file as a table: a header with names, rows of its width, blank lines left out. Streams the file anew at
 * each pass, in memory that its size does not move.
 */
import { StudioError } from '../../errors';
import { type Decoding, decodeFile, NotText } from './decode';
import { headCharacters, type Layout, layoutOf } from './layout';
import { CsvReader, type CsvRows, type StrayQuotes } from './reader';

export interface Table {
  readonly fileName: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
}

export interface TableBatch {
  /** Each as wide as the header. */
  readonly rows: readonly (readonly string[])[];
  /** Where each row begins, as an editor counts. */
  readonly lines: readonly number[];
  /** Of the file, up to here. */
  readonly bytesRead: number;
}

/** A file whose start was read: its columns are known, its rows are not. */
export interface TableFile {
  readonly fileName: string;
  readonly columns: readonly string[];
  readonly delimiter: string;
  readonly strayQuotes: StrayQuotes;
  /**
   * Streams the file from its start, at each call, under a signal of its own or that of the opening; a batch is what one part of the stream completes. Throws `text-after-quote`, `text-after-lines`,
   * `unclosed-quote`, `row-too-few-columns`, `row-too-many-columns`, `row-too-long`, `no-rows`, `not-utf8`, `file-unreadable`, or
   * the signal's reason.
   */
  batches(signal?: AbortSignal): AsyncGenerator<TableBatch, void, undefined>;
}

type NamedBlob = Blob & { readonly name?: string };

interface ReadingOptions extends Decoding {
  readonly strayQuotes?: StrayQuotes;
}

/** Reads as far as the header. Throws `file-empty`, `file-not-text`, `one-column`, and what `batches` throws but for `no-rows`. */
export async function openTable(
  file: NamedBlob,
  { strayQuotes = 'refuse', ...decoding }: ReadingOptions = {},
): Promise<TableFile> {
  const fileName = file.name ?? 'the file';
  if (file.size === 0) throw emptyFile(fileName, 'is empty');
  const layout = await readLayout(file, fileName, decoding);
  const batches = (rows: TableRows, signal = decoding.signal) =>
    readBatches(file, layout, rows, { ...decoding, signal });
  const header = new TableRows(fileName, layout, strayQuotes);
  for await (const _ of batches(header)) if (header.columns) break;
  return {
    fileName,
    columns: header.columns!,
    delimiter: layout.delimiter,
    strayQuotes,
    batches: (signal) => batches(new TableRows(fileName, layout, strayQuotes), signal),
  };
}

async function readLayout(file: Blob, fileName: string, decoding: Decoding): Promise<Layout> {
  let head = '';
  try {
    for await (const { text } of decodeFile(file, fileName, decoding)) {
      head += text;
      if (head.length >= headCharacters) return layoutOf(head.slice(0, headCharacters), false);
    }
  } catch (error) {
    // The reading proper meets it again, and knows the line.
    if (!(error instanceof NotText)) throw error;
  }
  return layoutOf(head, true);
}

async function* readBatches(
  file: Blob,
  { skippedCharacters }: Layout,
  rows: TableRows,
  decoding: Decoding,
): AsyncGenerator<TableBatch, void, undefined> {
  let toSkip = skippedCharacters;
  try {
    for await (const { text, bytesRead } of decodeFile(file, rows.fileName, decoding)) {
      const skipped = Math.min(toSkip, text.length);
      toSkip -= skipped;
      yield { ...rows.push(text.slice(skipped)), bytesRead };
    }
  } catch (error) {
    if (!(error instanceof NotText)) throw error;
    throw new StudioError(
      'not-utf8',
      `${rows.fileName} is not ${error.encoding} text: line ${rows.line} has a byte that fits no character.`,
      'Save it as “CSV UTF-8” in your spreadsheet or editor and drop it again.',
    );
  }
  yield { ...rows.end(), bytesRead: file.size };
}

/** A table from text that was decoded elsewhere. Throws what `openTable` and its batches throw of a file's content. */
export function parseTable(text: string, fileName: string, strayQuotes: StrayQuotes = 'refuse'): Table {
  const layout = layoutOf(text.slice(0, headCharacters), text.length <= headCharacters);
  const reading = new TableRows(fileName, layout, strayQuotes);
  const { rows } = reading.push(text.slice(layout.skippedCharacters));
  rows.push(...reading.end().rows);
  return { fileName, columns: reading.columns!, delimiter: layout.delimiter, rows };
}

/** The rules of a table over rows as they come. */
class TableRows {
  readonly fileName: string;
  readonly #reader: CsvReader;
  #columns: readonly string[] | null = null;
  #hasRows = false;

  constructor(fileName: string, { delimiter, skippedLines }: Layout, strayQuotes: StrayQuotes) {
    this.fileName = fileName;
    this.#reader = new CsvReader(fileName, delimiter, strayQuotes, 1 + skippedLines);
  }

  /** Null until the header was read. */
  get columns(): readonly string[] | null {
    return this.#columns;
  }

  get line(): number {
    return this.#reader.line;
  }

  push(text: string): CsvRows {
    return this.#accept(this.#reader.push(text));
  }

  /** Throws `file-empty` where there is not even a header, `no-rows` where there is nothing else. */
  end(): CsvRows {
    const last = this.#accept(this.#reader.end());
    if (!this.#columns) throw emptyFile(this.fileName, 'has no content');
    if (!this.#hasRows)
      throw new StudioError(
        'no-rows',
        `${this.fileName} has a header but no rows.`,
        'Add rows with a text and a label each.',
      );
    return last;
  }

  #accept({ rows, lines }: CsvRows): CsvRows {
    const accepted: CsvRows = { rows: [], lines: [] };
    for (const [i, cells] of rows.entries()) {
      if (isBlank(cells)) continue;
      if (!this.#columns) {
        this.#columns = requireTwo(nameColumns(cells), this.fileName);
        continue;
      }
      if (cells.length !== this.#columns.length)
        throw wrongWidth(cells.length, lines[i]!, this.#columns.length, this.fileName);
      accepted.rows.push(cells);
      accepted.lines.push(lines[i]!);
    }
    this.#hasRows ||= accepted.rows.length > 0;
    return accepted;
  }
}

const isBlank = (cells: readonly string[]) =>
  cells.length === 0 || (cells.length === 1 && cells[0]!.trim() === '');

/** Empty names become “Column 3”; of equal ones the first keeps its name, the others get the next number that is free. */
function nameColumns(header: readonly string[]): readonly string[] {
  const wanted = header.map((cell, i) => cell.trim() || `Column ${i + 1}`);
  const taken = new Set(wanted);
  const numbers = new Map<string, number>();
  return wanted.map((name) => {
    let number = (numbers.get(name) ?? 0) + 1;
    const own = () => (number === 1 ? name : `${name} (${number})`);
    while (number > 1 && taken.has(own())) number += 1;
    numbers.set(name, number);
    return own();
  });
}

function requireTwo(columns: readonly string[], fileName: string): readonly string[] {
  if (columns.length >= 2) return columns;
  throw new StudioError(
    'one-column',
    `${fileName} has one column ("${columns[0] ?? ''}").`,
    'It needs two: one with the text and one with the label, separated by comma, semicolon, tab or |.',
  );
}

function wrongWidth(width: number, line: number, expected: number, fileName: string): StudioError {
  const counts = `Line ${line} of ${fileName} has ${width} column${width === 1 ? '' : 's'}, the header has ${expected}.`;
  return width < expected
    ? new StudioError('row-too-few-columns', counts, 'Add what is missing, or remove the line.')
    : new StudioError(
        'row-too-many-columns',
        counts,
        'Quote text that contains the separator, or choose another separator.',
      );
}

const emptyFile = (fileName: string, what: string) =>
  new StudioError(
    'file-empty',
    `${fileName} ${what}.`,
    'Choose a CSV file with a header line and rows of text and label.',
  );
