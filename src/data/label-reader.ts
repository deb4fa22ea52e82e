/** Reads the cells of a label column into targets, one by one; nothing of a row is kept but its numbers. */
import { StudioError } from '../errors';
import { isNumber, orderLabels, rangeOf, type Targets } from './dataset';
import { type LabelKind, ownCopy, partsOf, type Separator } from './label-columns';

const maxClasses = 1000;
/** Bytes of the targets of several labels, four for each row and label. */
const maxTargetBytes = 2 ** 30;

interface ReadLabels {
  readonly labelNames: readonly string[];
  readonly targets: Targets;
  /** For a split that keeps shares: the class, the rarest of a row's labels, nothing for numbers. */
  readonly groups: ArrayLike<number>;
}

export interface LabelReader {
  /** `row` is the row's number in the file, from 1, for errors. */
  add(cell: string, row: number): void;
  finish(): ReadLabels;
}

interface Column {
  readonly fileName: string;
  readonly name: string;
}

/**
 * For a column of which `rows` cells will come. It throws `empty-label`, `one-class`, `too-many-classes`, `too-many-targets`,
 * `not-a-number` or `one-number`.
 */
export function labelReader(column: Column, kind: LabelKind, rows: number): LabelReader {
  switch (kind.task) {
    case 'classification':
      return new ClassReader(column, rows);
    case 'multilabel':
      return new SeveralReader(column, kind.separator, rows);
    case 'regression':
      return new NumberReader(column, rows);
  }
}

/** Numbers names by their first occurrence; `order` tells their places among the labels in order. */
class Names {
  readonly #codes = new Map<string, number>();

  get size(): number {
    return this.#codes.size;
  }

  code(name: string): number {
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    this.#codes.set(ownCopy(name), this.#codes.size);
    return this.#codes.size - 1;
  }

  areNumbers(): boolean {
    return [...this.#codes.keys()].every(isNumber);
  }

  inOrder(): { readonly labelNames: readonly string[]; readonly places: Uint32Array } {
    const labelNames = orderLabels(this.#codes.keys());
    const places = new Uint32Array(labelNames.length);
    for (const [place, name] of labelNames.entries()) places[this.#codes.get(name)!] = place;
    return { labelNames, places };
  }
}

class ClassReader implements LabelReader {
  readonly #column: Column;
  readonly #names = new Names();
  readonly #codes: Uint32Array;
  #rows = 0;

  constructor(column: Column, rows: number) {
    this.#column = column;
    this.#codes = new Uint32Array(rows);
  }

  add(whole: string, row: number): void {
    const cell = whole.trim();
    requireFilled(this.#column, cell, row);
    this.#codes[this.#rows++] = this.#names.code(cell);
    if (this.#names.size > maxClasses) throw this.#tooMany(`more than ${maxClasses.toLocaleString('en')}`);
  }

  finish(): ReadLabels {
    const { fileName, name } = this.#column;
    const { labelNames, places } = this.#names.inOrder();
    if (labelNames.length < 2)
      throw new StudioError(
        'one-class',
        `All rows of ${fileName} have the label “${labelNames[0]}”.`,
        `There is nothing to learn from one class. Choose another label column than “${name}”, or add rows of other classes.`,
      );
    if (labelNames.length === this.#rows) throw this.#tooMany(String(labelNames.length));
    const targets = this.#codes.map((code) => places[code]!);
    return { labelNames, targets, groups: targets };
  }

  #tooMany(count: string): StudioError {
    const { name } = this.#column;
    const what = `“${name}” has ${count} different values in ${this.#rows.toLocaleString('en')} rows; that is no set of classes.`;
    return tooMany(what, this.#names);
  }
}

function tooMany(message: string, names: Names): StudioError {
  const hint = 'Choose a column whose values repeat, with at most 1,000 different ones.';
  return new StudioError(
    'too-many-classes',
    message,
    names.areNumbers()
      ? `If it is a quantity to be predicted, choose “A number” as what the labels are. Else: ${hint}`
      : hint,
  );
}

/** An empty cell is a text without any of the labels. */
class SeveralReader implements LabelReader {
  readonly #column: Column;
  readonly #separator: Separator;
  readonly #names = new Names();
  /** The labels of all rows, row after row in the order of their cells, and where each row's end. */
  #codes = new Uint16Array(1024);
  readonly #ends: Uint32Array;
  readonly #counts: number[] = [];
  #rows = 0;

  constructor(column: Column, separator: Separator, rows: number) {
    this.#column = column;
    this.#separator = separator;
    this.#ends = new Uint32Array(rows);
  }

  add(cell: string): void {
    let end = this.#rows === 0 ? 0 : this.#ends[this.#rows - 1]!;
    for (const label of partsOf(cell, this.#separator)) {
      const code = this.#names.code(label);
      if (this.#names.size > maxClasses)
        throw tooMany(
          `“${this.#column.name}” has more than ${maxClasses.toLocaleString('en')} different labels between “${this.#separator}”.`,
          this.#names,
        );
      this.#counts[code] = (this.#counts[code] ?? 0) + 1;
      if (end === this.#codes.length) this.#codes = doubled(this.#codes);
      this.#codes[end++] = code;
    }
    this.#ends[this.#rows++] = end;
  }

  finish(): ReadLabels {
    const { fileName, name } = this.#column;
    const { labelNames, places } = this.#names.inOrder();
    if (labelNames.length < 2)
      throw new StudioError(
        'one-class',
        `“${name}” of ${fileName} has ${labelNames.length === 0 ? 'no labels' : `the one label “${labelNames[0]}”`} between “${this.#separator}”.`,
        'Choose another separator or column, or one of several classes as what the labels are.',
      );
    const targetBytes = 4 * this.#rows * labelNames.length;
    if (targetBytes > maxTargetBytes)
      throw new StudioError(
        'too-many-targets',
        `${this.#rows.toLocaleString('en')} rows of ${fileName} with ${labelNames.length} labels each need ${Math.ceil(targetBytes / 1e6).toLocaleString('en')} MB for the labels alone.`,
        'Take the sample of its rows, or a file with fewer rows or labels.',
      );
    const targets = new Float32Array(this.#rows * labelNames.length);
    // A row without labels is in a group of its own, the last one.
    const groups = new Uint32Array(this.#rows).fill(labelNames.length);
    for (let row = 0; row < this.#rows; row++) {
      let rarest = Number.POSITIVE_INFINITY;
      for (let i = row === 0 ? 0 : this.#ends[row - 1]!; i < this.#ends[row]!; i++) {
        const code = this.#codes[i]!;
        targets[row * labelNames.length + places[code]!] = 1;
        if (this.#counts[code]! >= rarest) continue;
        rarest = this.#counts[code]!;
        groups[row] = places[code]!;
      }
    }
    return { labelNames, targets, groups };
  }
}

function doubled(codes: Uint16Array<ArrayBuffer>): Uint16Array<ArrayBuffer> {
  const larger = new Uint16Array(2 * codes.length);
  larger.set(codes);
  return larger;
}

class NumberReader implements LabelReader {
  readonly #column: Column;
  readonly #targets: Float32Array;
  #rows = 0;

  constructor(column: Column, rows: number) {
    this.#column = column;
    this.#targets = new Float32Array(rows);
  }

  add(cell: string, row: number): void {
    const { fileName, name } = this.#column;
    requireFilled(this.#column, cell, row);
    const value = Math.fround(Number(cell));
    if (!isNumber(cell))
      throw new StudioError(
        'not-a-number',
        `Row ${row} of ${fileName} (the header not counted) has “${cell.trim()}” in “${name}”, which is no number.`,
        'Write numbers with a decimal point and nothing else in the cell, or choose something else as what the labels are.',
      );
    if (!Number.isFinite(value))
      throw new StudioError(
        'not-a-number',
        `“${name}” of ${fileName} has numbers beyond what 32-bit floats hold.`,
        'Scale the column, in millions say.',
      );
    this.#targets[this.#rows++] = value;
  }

  finish(): ReadLabels {
    const { fileName, name } = this.#column;
    const { minimum, maximum } = rangeOf(this.#targets);
    if (minimum === maximum)
      throw new StudioError(
        'one-number',
        `All rows of ${fileName} have the number ${minimum} in “${name}”.`,
        'There is nothing to learn from one value. Choose another label column, or add rows with other numbers.',
      );
    return { labelNames: [name], targets: this.#targets, groups: new Uint8Array(this.#rows) };
  }
}

function requireFilled({ fileName, name }: Column, cell: string, row: number): void {
  if (cell.trim() !== '') return;
  throw new StudioError(
    'empty-label',
    `Row ${row} of ${fileName} (the header not counted) has nothing in “${name}”.`,
    'Fill it in or remove the row.',
  );
}
