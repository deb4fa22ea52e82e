/**
 * Reads RFC 4180 text as it comes, in pieces of any size. A quotation mark is special at the start of a cell only, as in Python's
 * `csv`; LF, CRLF and CR each end a row, mixed as they may be, and inside quotation marks they are text. Knows of cells and lines;
 * knows nothing of headers, widths or bytes.
 */
import { StudioError } from '../../errors';

/** What becomes of text after a closing quotation mark: an error, or a cell that is taken as it stands, marks included. */
export type StrayQuotes = 'refuse' | 'keep';

export interface CsvRows {
  /** A line without any character is a row without cells. */
  readonly rows: string[][];
  /** Where each row begins, as an editor counts: from 1, line ends inside quotation marks counted. */
  readonly lines: number[];
}

/** A quotation mark that is never closed would otherwise take the whole file into memory as one cell. */
const maxRowCharacters = 64 * 2 ** 20;

const [lineFeed, carriageReturn, mark] = [10, 13, 34];

type State = 'cell-start' | 'plain' | 'quoted' | 'after-mark';

export class CsvReader {
  readonly #fileName: string;
  readonly #delimiter: number;
  readonly #strayQuotes: StrayQuotes;
  #state: State = 'cell-start';
  #cells: string[] = [];
  /** The current cell as it stands in the pieces before this one, from its opening mark on. */
  #carried = '';
  #hasDoubledMark = false;
  #afterReturn = false;
  /** Of the current cell's start. */
  #line: number;
  #rowLine: number;
  #rowCharacters = 0;
  #failure: StudioError | null = null;

  /** `delimiter` is one UTF-16 unit, neither a quotation mark nor a line end; `firstLine` is the number of the first line. */
  constructor(fileName: string, delimiter: string, strayQuotes: StrayQuotes, firstLine = 1) {
    this.#fileName = fileName;
    this.#delimiter = delimiter.charCodeAt(0);
    this.#strayQuotes = strayQuotes;
    this.#line = firstLine;
    this.#rowLine = firstLine;
  }

  /** The line where the text read so far ends. */
  get line(): number {
    return this.#line + lineEndsIn(this.#carried);
  }

  /**
   * The rows that `text` completes. A fault ends the reading, but the rows before it are given first: the next call throws
   * `text-after-quote`, `text-after-lines` (which no choice keeps), `unclosed-quote` or `row-too-long`, so that the pieces' size does not decide which error is met first.
   */
  push(text: string): CsvRows {
    this.#throwFailure();
    const found: CsvRows = { rows: [], lines: [] };
    const length = text.length;
    let at = 0;
    if (this.#afterReturn && length > 0) {
      if (text.charCodeAt(0) === lineFeed) at = 1;
      this.#afterReturn = false;
    }
    let cellStart = at;
    let rowStart = -1;
    const ends = new Ends(text, String.fromCharCode(this.#delimiter));
    while (at < length) {
      let code = text.charCodeAt(at);
      switch (this.#state) {
        case 'cell-start':
          cellStart = at;
          if (code === mark) {
            this.#state = 'quoted';
            at += 1;
            continue;
          }
          this.#state = 'plain';
          continue;
        case 'quoted':
          at = text.indexOf('"', at);
          if (at < 0) at = length;
          else {
            this.#state = 'after-mark';
            at += 1;
          }
          continue;
        case 'after-mark':
          if (code === mark) {
            this.#hasDoubledMark = true;
            this.#state = 'quoted';
            at += 1;
            continue;
          }
          if (code !== this.#delimiter && code !== lineFeed && code !== carriageReturn) {
            this.#meetStray(this.#carried + text.slice(cellStart, at));
            if (this.#failure) return found;
            this.#state = 'plain';
            continue;
          }
          break;
        case 'plain':
          at = ends.from(at);
          if (at === length) continue;
          code = text.charCodeAt(at);
          break;
        default:
          this.#state satisfies never;
      }
      // The cell ends here.
      const isBlankLine = this.#cells.length === 0 && at === cellStart && this.#carried === '';
      if (code === this.#delimiter || !isBlankLine) this.#endCell(text.slice(cellStart, at));
      this.#state = 'cell-start';
      at += 1;
      cellStart = at;
      if (code === this.#delimiter) continue;
      this.#endRow(found);
      if (code === carriageReturn) {
        if (at === length) this.#afterReturn = true;
        else if (text.charCodeAt(at) === lineFeed) at += 1;
        cellStart = at;
      }
      rowStart = at;
    }
    this.#carried += text.slice(cellStart);
    this.#rowCharacters = rowStart < 0 ? this.#rowCharacters + length : length - rowStart;
    if (this.#rowCharacters > maxRowCharacters) this.#failure = this.#tooLong();
    return found;
  }

  /** The row that the end of the text completes, if any. Throws what `push` throws. */
  end(): CsvRows {
    this.#throwFailure();
    if (this.#state === 'quoted') throw this.#unclosed('is never closed');
    const found: CsvRows = { rows: [], lines: [] };
    if (this.#state === 'cell-start' && this.#cells.length === 0) return found;
    this.#endCell('');
    this.#endRow(found);
    return found;
  }

  /** `last` is the part of the cell in the present piece. */
  #endCell(last: string): void {
    const cell = this.#carried === '' ? last : this.#carried + last;
    this.#carried = '';
    if (this.#state !== 'after-mark') {
      this.#cells.push(cell);
      return;
    }
    const inner = cell.slice(1, -1);
    this.#cells.push(this.#hasDoubledMark ? inner.replaceAll('""', '"') : inner);
    this.#hasDoubledMark = false;
    this.#line += lineEndsIn(cell);
  }

  #endRow({ rows, lines }: CsvRows): void {
    rows.push(this.#cells);
    lines.push(this.#rowLine);
    this.#cells = [];
    this.#line += 1;
    this.#rowLine = this.#line;
  }

  /** `cell` ends in the mark that closed it, and something else than its end follows. */
  #meetStray(cell: string): void {
    const breaks = lineEndsIn(cell);
    this.#hasDoubledMark = false;
    // A cell that goes over several lines could have taken in other rows: those are never kept as they stand.
    if (this.#strayQuotes === 'keep' && breaks === 0) return;
    const opened = breaks > 0 ? ` that opens in line ${this.#line}` : '';
    this.#failure = new StudioError(
      breaks > 0 ? 'text-after-lines' : 'text-after-quote',
      `Line ${this.#line + breaks} of ${this.#fileName} has text after the closing mark of a quotation${opened}: ${shortened(cell)} and more.`,
      breaks > 0
        ? 'If the mark that opens it is part of the text, write it twice ("") and put the whole text in quotation marks.'
        : 'Write a mark inside a text twice ("") and put the whole text in quotation marks, or keep the marks as text.',
    );
  }

  #tooLong(): StudioError {
    const limit = `${maxRowCharacters.toLocaleString('en')} characters`;
    return this.#state === 'quoted'
      ? this.#unclosed(`is not closed within ${limit}`)
      : new StudioError(
          'row-too-long',
          `${this.#fileName}: the row in line ${this.#rowLine} is longer than ${limit}.`,
          'Check that the file has line ends, and shorten the text.',
        );
  }

  #unclosed(what: string): StudioError {
    return new StudioError(
      'unclosed-quote',
      `${this.#fileName}: the quotation mark that opens in line ${this.#line} ${what}.`,
      'Close it, or write a quotation mark inside a text twice ("").',
    );
  }

  #throwFailure(): void {
    if (this.#failure) throw this.#failure;
  }
}

/** Where unquoted cells of a piece end. The native search is several times faster than a loop where texts are long. */
class Ends {
  readonly #text: string;
  readonly #delimiter: string;
  #nextDelimiter = -1;
  #nextFeed = -1;
  #nextReturn = -1;

  constructor(text: string, delimiter: string) {
    this.#text = text;
    this.#delimiter = delimiter;
  }

  /** Never asked for a place before the last one. */
  from(at: number): number {
    if (this.#nextDelimiter < at) this.#nextDelimiter = this.#find(this.#delimiter, at);
    if (this.#nextFeed < at) this.#nextFeed = this.#find('\n', at);
    if (this.#nextReturn < at) this.#nextReturn = this.#find('\r', at);
    return Math.min(this.#nextDelimiter, this.#nextFeed, this.#nextReturn);
  }

  #find(what: string, at: number): number {
    const found = this.#text.indexOf(what, at);
    return found < 0 ? this.#text.length : found;
  }
}

function lineEndsIn(text: string): number {
  if (!text.includes('\n') && !text.includes('\r')) return 0;
  return text.match(/\r\n|\n|\r/g)!.length;
}

const maxShown = 40;

function shortened(cell: string): string {
  const line = cell.replaceAll(/\r\n|\n|\r/g, ' ');
  return line.length <= maxShown ? line : `${line.slice(0, maxShown / 2)}…${line.slice(-maxShown / 2)}`;
}
