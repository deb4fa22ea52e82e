/** From the rows of a table to a data set: checks and reads them as they pass by, then splits. Keeps numbers, no texts. */
import { StudioError } from '../errors';
import type { TaskType } from '../task';
import { type Dataset, type Split, type SplitName, type Targets, type Turn, targetsOfRows } from './dataset';
import type { LabelKind } from './label-columns';
import { type LabelReader, labelReader } from './label-reader';
import { splitOff } from './split';
import { TextIds } from './text-ids';
import { type PackedBytes, PackedTexts, TextPacker } from './texts';

const validationFraction = 0.1;

/** A row's split is its place here, as a byte. */
export const splitNames = ['train', 'validation', 'test'] as const satisfies readonly SplitName[];

export interface ColumnChoice {
  readonly textColumn: string;
  readonly labelColumn: string;
  readonly kind: LabelKind;
  readonly seed: number;
}

/** All of a data set but its texts' bytes. */
export interface BuiltRows {
  readonly task: TaskType;
  readonly labelNames: readonly string[];
  /** Where the text of each row ends, bytes [rows]. */
  readonly ends: Uint32Array;
  /** Of all rows, as in `Split`. */
  readonly labels: Targets;
  /** The split of each row, a place in `splitNames` [rows]. */
  readonly sides: Uint8Array;
}

interface TableHead {
  readonly fileName: string;
  readonly columns: readonly string[];
}

export class DatasetBuilder {
  readonly #head: TableHead;
  readonly #choice: ColumnChoice;
  readonly #textIndex: number;
  readonly #labelIndex: number;
  readonly #splitIndex: number;
  readonly #labels: LabelReader;
  readonly #packer: TextPacker;
  readonly #ids: TextIds;
  readonly #sides: Uint8Array;
  #rows = 0;

  /**
   * For a table of which `rows` rows will come; `append` gets the bytes of their texts, which stand only until it returns. Throws
   * `missing-column` or `same-column`.
   */
  constructor(head: TableHead, choice: ColumnChoice, rows: number, append: (bytes: Uint8Array) => void) {
    const { textColumn, labelColumn, kind } = choice;
    this.#head = head;
    this.#choice = choice;
    this.#textIndex = requireColumn(head, textColumn);
    this.#labelIndex = requireColumn(head, labelColumn);
    this.#splitIndex = head.columns.findIndex((name) => /^split$/i.test(name));
    if (this.#textIndex === this.#labelIndex) {
      throw new StudioError(
        'same-column',
        `“${textColumn}” is chosen as text and as label.`,
        'Choose two different columns.',
      );
    }
    this.#labels = labelReader({ fileName: head.fileName, name: labelColumn }, kind, rows);
    this.#packer = new TextPacker(rows, append);
    this.#ids = new TextIds(rows);
    this.#sides = new Uint8Array(rows);
  }

  /** `row` is the row's number in the file, from 1. Throws `empty-text`, or what the reader of labels throws. */
  add(cells: readonly string[], row: number): void {
    const text = cells[this.#textIndex]!;
    if (text.trim() === '')
      throw new StudioError(
        'empty-text',
        `Row ${row} of ${this.#head.fileName} (the header not counted) has nothing in “${this.#choice.textColumn}”.`,
        'Fill it in or remove the row.',
      );
    this.#labels.add(cells[this.#labelIndex]!, row);
    this.#ids.add(this.#packer.add(text));
    if (this.#splitIndex >= 0)
      this.#sides[this.#rows] = splitNames.indexOf(splitName(cells[this.#splitIndex]!));
    this.#rows += 1;
  }

  /** Throws `empty-split`, or what the reader of labels throws. */
  async finish(turn: Turn = () => {}): Promise<BuiltRows> {
    this.#packer.flush();
    const { labelNames, targets, groups } = this.#labels.finish();
    const sides = this.#sides;
    // The splits that a column of that name tells; else a tenth is kept for validation.
    await turn(this.#rows);
    if (!sides.includes(1)) await this.#holdOut(groups, turn);
    await turn(this.#rows);
    const [train, validation] = [0, 1].map((side) =>
      sides.reduce((sum, own) => sum + Number(own === side), 0),
    );
    if (train === 0 || validation === 0) {
      throw new StudioError(
        'empty-split',
        `${this.#head.fileName} has too few rows: ${train} for training and ${validation} for validation.`,
        'Add rows, at least two different texts of each class.',
      );
    }
    return { task: this.#choice.kind.task, labelNames, ends: this.#packer.ends, labels: targets, sides };
  }

  async #holdOut(groups: ArrayLike<number>, turn: Turn): Promise<void> {
    const firstRows = await this.#ids.firstRows(turn);
    const rows = rowsOf(this.#sides, 0);
    const held = await splitOff(
      rows.map((row) => firstRows[row]!),
      rows.map((row) => groups[row]!),
      validationFraction,
      this.#choice.seed,
      turn,
    );
    rows.forEach((row, i) => {
      this.#sides[row] = held[i]!;
    });
  }
}

/** The rows of one side, in their order. */
function rowsOf(sides: Uint8Array, side: number): Uint32Array {
  const rows = new Uint32Array(sides.reduce((sum, own) => sum + Number(own === side), 0));
  let at = 0;
  for (let row = 0; row < sides.length; row++) if (sides[row] === side) rows[at++] = row;
  return rows;
}

/** The splits of rows whose texts are packed. */
export function packedSplits(
  { ends, labels, sides }: Pick<BuiltRows, 'ends' | 'labels' | 'sides'>,
  texts: Omit<PackedBytes, 'ends'>,
): Dataset['splits'] {
  const split = (side: number): Split => {
    const rows = rowsOf(sides, side);
    return {
      texts: new PackedTexts({ ...texts, ends }, rows),
      labels: targetsOfRows(labels, sides.length, rows),
    };
  };
  const test = split(2);
  return { train: split(0), validation: split(1), ...(test.texts.length > 0 ? { test } : {}) };
}

function requireColumn({ columns, fileName }: TableHead, name: string): number {
  const index = columns.indexOf(name);
  if (index >= 0) return index;
  throw new StudioError(
    'missing-column',
    `${fileName} has no column “${name}”.`,
    `Choose one of: ${columns.join(', ')}.`,
  );
}

function splitName(value: string): SplitName {
  if (/^(validation|valid|val|dev|eval)/i.test(value.trim())) return 'validation';
  return /^test/i.test(value.trim()) ? 'test' : 'train';
}
