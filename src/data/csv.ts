/**
 * Reads a person's CSV or TSV file. Decodes itself, strictly and in a stream, and gives whole strings to papaparse: its
 * own `File` input splits multi-byte characters at chunk edges (mholt/PapaParse#1132).
 */
import Papa from 'papaparse';
import { StudioError } from '../errors';

export interface Table {
  readonly fileName: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly delimiter: string;
}

/** Texts beyond this would not fit in the memory of a tab beside the model. */
export const maxFileBytes = 256 * 2 ** 20;

const delimiters = [',', ';', '\t', '|'];

/** Throws a `StudioError` with one of the codes `file-…`, `not-utf8`, `row-…`, `unclosed-quote`, `one-column`, `no-rows`. */
export async function readTable(file: Blob & { readonly name?: string }): Promise<Table> {
  const fileName = file.name ?? 'the file';
  if (file.size === 0)
    throw new StudioError(
      'file-empty',
      `${fileName} is empty.`,
      'Choose a CSV file with a header line and rows of text and label.',
    );
  if (file.size > maxFileBytes) {
    throw new StudioError(
      'file-too-large',
      `${fileName} has ${mebibytes(file.size)}; the studio reads files of up to ${mebibytes(maxFileBytes)}.`,
      'Keep only the text and label columns, or take a part of the rows.',
    );
  }
  return parseTable(await decode(file, fileName), fileName);
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB`;

async function decode(file: Blob, fileName: string): Promise<string> {
  const start = new Uint8Array(await file.slice(0, 4).arrayBuffer());
  const utf16 =
    start[0] === 0xff && start[1] === 0xfe
      ? 'utf-16le'
      : start[0] === 0xfe && start[1] === 0xff
        ? 'utf-16be'
        : null;
  if (start[0] === 0x50 && start[1] === 0x4b) {
    throw new StudioError(
      'file-not-text',
      `${fileName} is a zip or a spreadsheet file, not text.`,
      'Save the sheet as CSV (UTF-8) and drop that file.',
    );
  }
  const encoding = utf16 ?? 'utf-8';
  const decoder = new TextDecoder(encoding, { fatal: true });
  let text = '';
  const reader = file.stream().getReader();
  for (;;) {
    const part = await reader.read().catch((cause: unknown) => {
      const hint = 'Check that the file still exists and drop it again.';
      throw new StudioError('file-unreadable', `${fileName} could not be read: ${String(cause)}`, hint, {
        cause,
      });
    });
    try {
      text += decoder.decode(part.value, { stream: !part.done });
    } catch {
      // The lenient decoder shows where the strict one gave up.
      const [readable] = new TextDecoder(encoding).decode(part.value).split('\ufffd');
      const line = `${text}${readable}`.split('\n').length;
      throw new StudioError(
        'not-utf8',
        `${fileName} is not UTF-8 text: line ${line} has a byte that fits no character.`,
        'Save it as “CSV UTF-8” in your spreadsheet or editor and drop it again.',
      );
    }
    if (part.done) return text;
  }
}

/** Parses decoded text; exported for files that come as text already. */
export function parseTable(decoded: string, fileName: string): Table {
  const { text, declared, skippedLines } = takeSeparatorLine(decoded);
  if (text.trim() === '')
    throw new StudioError(
      'file-empty',
      `${fileName} has no content.`,
      'Choose a CSV file with a header line and rows of text and label.',
    );
  const delimiter = declared ?? sniffDelimiter(text);
  const parsed = Papa.parse<string[]>(text, {
    delimiter,
    newline: newlineOf(text),
    fastMode: false,
    skipEmptyLines: false,
  });
  const quoteError = parsed.errors.find((error) => error.code === 'MissingQuotes');
  if (quoteError) {
    throw new StudioError(
      'unclosed-quote',
      `${fileName}: a quotation mark that opens in row ${(quoteError.row ?? 0) + 1 + skippedLines} is never closed.`,
      'Close it, or write a quotation mark inside a text twice ("").',
    );
  }
  const lines = numberLines(parsed.data, skippedLines);
  const [header, ...body] = lines;
  const columns = nameColumns(header?.cells ?? []);
  if (columns.length < 2) {
    throw new StudioError(
      'one-column',
      `${fileName} has one column ("${columns[0] ?? ''}").`,
      'It needs two: one with the text and one with the label, separated by comma, semicolon, tab or |.',
    );
  }
  const rows = body.filter(({ cells }) => !(cells.length === 1 && cells[0]!.trim() === ''));
  for (const { cells, line } of rows) requireWidth(cells, line, columns, fileName);
  if (rows.length === 0)
    throw new StudioError(
      'no-rows',
      `${fileName} has a header but no rows.`,
      'Add rows with a text and a label each.',
    );
  return { fileName, columns, rows: rows.map(({ cells }) => cells), delimiter };
}

/** Excel's `sep=;` line names the delimiter. */
function takeSeparatorLine(text: string): { text: string; declared: string | null; skippedLines: number } {
  const match = /^sep=(.)\r?\n/i.exec(text);
  return match
    ? { text: text.slice(match[0].length), declared: match[1]!, skippedLines: 1 }
    : { text, declared: null, skippedLines: 0 };
}

/** The delimiter that splits the first lines into the most equal rows; comma where none does. */
function sniffDelimiter(text: string): string {
  const sample = text.slice(0, 65_536);
  const whole =
    sample.length < text.length ? sample.slice(0, sample.lastIndexOf('\n') + 1) || sample : sample;
  let best = { delimiter: ',', score: 0 };
  for (const delimiter of delimiters) {
    const { data } = Papa.parse<string[]>(whole, {
      delimiter,
      newline: newlineOf(text),
      skipEmptyLines: true,
    });
    const width = data[0]?.length ?? 0;
    const agreeing = data.filter((row) => row.length === width).length / Math.max(1, data.length);
    const score = width < 2 ? 0 : agreeing + 0.001 * width;
    if (score > best.score) best = { delimiter, score };
  }
  return best.delimiter;
}

function newlineOf(text: string): '\r\n' | '\n' | '\r' {
  if (text.includes('\r\n')) return '\r\n';
  return text.includes('\n') || !text.includes('\r') ? '\n' : '\r';
}

interface NumberedLine {
  readonly cells: readonly string[];
  /** As an editor counts: the first line is 1, line breaks inside quotes count. */
  readonly line: number;
}

function numberLines(rows: readonly (readonly string[])[], skipped: number): readonly NumberedLine[] {
  let line = 1 + skipped;
  return rows.map((cells) => {
    const numbered = { cells, line };
    line += 1 + cells.reduce((breaks, cell) => breaks + (cell.match(/\r\n|\n|\r/g)?.length ?? 0), 0);
    return numbered;
  });
}

/** Empty names become “Column 3”; repeated ones get a suffix. */
function nameColumns(header: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return header.map((cell, i) => {
    const name = cell.trim() || `Column ${i + 1}`;
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

function requireWidth(
  cells: readonly string[],
  line: number,
  columns: readonly string[],
  fileName: string,
): void {
  if (cells.length === columns.length) return;
  const counts = `Line ${line} of ${fileName} has ${cells.length} column${cells.length === 1 ? '' : 's'}, the header has ${columns.length}.`;
  if (cells.length < columns.length)
    throw new StudioError('row-too-few-columns', counts, 'Add what is missing, or remove the line.');
  throw new StudioError(
    'row-too-many-columns',
    counts,
    'Quote text that contains the separator, or choose another separator.',
  );
}
