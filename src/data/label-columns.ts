/**
 * What the cells of a column are as labels: one of several classes, several labels at once, a number. Describes a column as its
 * cells pass by, and guesses; `label-reader.ts` reads them into targets.
 */
import { isNumber, type NumberRange } from './dataset';

/** What may stand between several labels in one cell, the rarer sign in texts first. */
const separators = ['|', ';', ','] as const;
export type Separator = (typeof separators)[number];

/** How a column of labels is to be read. */
export type LabelKind =
  | { readonly task: 'classification' }
  | { readonly task: 'multilabel'; readonly separator: Separator }
  | { readonly task: 'regression' };

type Counts = Readonly<Record<string, number>>;

export interface LabelColumn {
  readonly guess: LabelKind;
  /** Distinct values with their counts; null where there are more than 50. */
  readonly values: Counts | null;
  /** The same of the parts between each separator that occurs. */
  readonly parts: Readonly<Partial<Record<Separator, Counts | null>>>;
  /** Null where not all cells are numbers. */
  readonly range: NumberRange | null;
}

const maxCounted = 50;
/** Rows that a guess looks at. */
const sampleRows = 2000;
/** And the length of their cells together, so that a column of books is not kept for it. */
const sampleLength = 2 ** 24;
/** More different numbers than any rating or class id has in common use. */
const manyNumbers = 20;

/** The labels of a cell, each once. */
export const partsOf = (cell: string, separator: string) => [
  ...new Set(
    cell
      .split(separator)
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
];

/** A copy of its own: a cell is a slice, by which the engine keeps the whole piece of the file it was cut from. */
export function ownCopy(cell: string): string {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(new TextEncoder().encode(cell));
}

/** Counts values until there are too many different ones; null from then on. */
class ValueCounts {
  #counts: Map<string, number> | null = new Map();

  get isFull(): boolean {
    return this.#counts === null;
  }

  add(value: string): void {
    if (!this.#counts) return;
    const known = this.#counts.get(value);
    this.#counts.set(known === undefined ? ownCopy(value) : value, (known ?? 0) + 1);
    if (this.#counts.size > maxCounted) this.#counts = null;
  }

  counts(): Counts | null {
    return this.#counts && Object.fromEntries(this.#counts);
  }

  copy(): ValueCounts {
    const copy = new ValueCounts();
    copy.#counts = this.#counts && new Map(this.#counts);
    return copy;
  }
}

/** Takes the cells of a column one by one and keeps as little of them as its description needs. */
export class LabelColumnDescriber {
  readonly #sample: string[] = [];
  #sampled = 0;
  #sampledLength = 0;
  readonly #values = new ValueCounts();
  /** The values that are parts where no separator stands: all but the empty one. */
  readonly #wholes = new ValueCounts();
  readonly #parts = new Map<Separator, ValueCounts>();
  #minimum = Number.POSITIVE_INFINITY;
  #maximum = Number.NEGATIVE_INFINITY;
  #total = 0;
  #cells = 0;
  #isNumeric = true;
  #isTold = false;
  /** Characters of all cells. */
  length = 0;

  add(whole: string): void {
    this.length += whole.length;
    if (this.#isTold) this.#findSeparators(whole);
    else this.#take(whole.trim());
  }

  #take(cell: string): void {
    if (this.#sampled < sampleRows && this.#sampledLength < sampleLength) {
      this.#sampled += 1;
      this.#sampledLength += cell.length;
      if (cell !== '') this.#sample.push(ownCopy(cell));
    }
    for (const separator of separators) {
      const parts = this.#parts.get(separator) ?? this.#partsFromHere(separator, cell);
      if (parts && !parts.isFull) for (const part of partsOf(cell, separator)) parts.add(part);
    }
    this.#values.add(cell);
    if (cell !== '') this.#wholes.add(cell);
    this.#cells += 1;
    if (this.#isNumeric) this.#addNumber(cell);
    else if (this.#sampled === sampleRows || this.#sampledLength >= sampleLength)
      this.#isTold = this.#wholes.isFull && [...this.#parts.values()].every(({ isFull }) => isFull);
  }

  /** Of a column of too many values: which separators occur is all that more cells can tell. */
  #findSeparators(cell: string): void {
    for (const separator of separators) if (!this.#parts.has(separator)) this.#partsFromHere(separator, cell);
  }

  describe(): LabelColumn {
    const range = { minimum: this.#minimum, maximum: this.#maximum, mean: this.#total / this.#cells };
    const parts = separators.flatMap((separator) => {
      const counts = this.#parts.get(separator);
      return counts ? [[separator, counts.counts()] as const] : [];
    });
    return {
      guess: guessKind(this.#sample),
      values: this.#values.counts(),
      parts: Object.fromEntries(parts),
      range: this.#isNumeric && this.#cells > 0 ? range : null,
    };
  }

  /** The first cell that has the separator: until here whole cells were the parts. */
  #partsFromHere(separator: Separator, cell: string): ValueCounts | undefined {
    if (!cell.includes(separator)) return undefined;
    const parts = this.#wholes.copy();
    this.#parts.set(separator, parts);
    return parts;
  }

  #addNumber(cell: string): void {
    const value = Number(cell);
    this.#isNumeric = cell !== '' && Number.isFinite(value);
    this.#minimum = Math.min(this.#minimum, value);
    this.#maximum = Math.max(this.#maximum, value);
    this.#total += value;
  }
}

/**
 * A number where the cells are numbers with many different values. Several labels where parts between a separator repeat in
 * new combinations: no more different parts than different cells, so that names like `Paris, France` stay classes.
 */
function guessKind(cells: readonly string[]): LabelKind {
  const distinct = new Set(cells);
  if (cells.length > 0 && cells.every(isNumber)) {
    const many = distinct.size > manyNumbers || (distinct.size >= 5 && 2 * distinct.size > cells.length);
    return { task: many ? 'regression' : 'classification' };
  }
  const joining = separators
    .map((separator) => {
      const parts = cells.map((cell) => partsOf(cell, separator));
      const different = new Set(parts.flat()).size;
      const repeats = parts.flat().length >= 2 * different && different <= distinct.size;
      return { separator, cells: repeats ? parts.filter(({ length }) => length > 1).length : 0 };
    })
    .filter((candidate) => candidate.cells > 0)
    .sort((a, b) => b.cells - a.cells);
  return joining[0] ? { task: 'multilabel', separator: joining[0].separator } : { task: 'classification' };
}
