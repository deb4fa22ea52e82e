/** A data set: texts with their labels, of one task, in splits. */
import { createSHA256, type IHasher } from 'hash-wasm';
import { type TaskType, targetsPerRow } from '../task';
import type { Texts } from './texts';

/** `targetsPerRow` numbers for each text, text after text. */
export type Targets = Uint32Array | Float32Array;

export interface Split {
  readonly texts: Texts;
  /**
   * Classification: index into the label names, u32 [rows]. Several labels: 1 where a text has the label, f32 [rows · labels].
   * Regression: the number, f32 [rows].
   */
  readonly labels: Targets;
}

export type SplitName = 'train' | 'validation' | 'test';

export interface Dataset {
  readonly id: string;
  readonly name: string;
  readonly task: TaskType;
  /** sha-256 over task, label names, texts and labels of all splits, hex. */
  readonly fingerprint: string;
  /** Classes or labels; for regression the one name of what the number is. */
  readonly labelNames: readonly string[];
  readonly splits: { readonly train: Split; readonly validation: Split; readonly test?: Split };
}

/** The targets of the chosen ones of `rows` rows, in their order. */
export function targetsOfRows(
  targets: Targets,
  rows: number,
  chosen: readonly number[] | Uint32Array,
): Targets {
  const perRow = targets.length / rows;
  const picked =
    targets instanceof Uint32Array
      ? new Uint32Array(chosen.length * perRow)
      : new Float32Array(chosen.length * perRow);
  chosen.forEach((row: number, i: number) => {
    for (let k = 0; k < perRow; k++) picked[i * perRow + k] = targets[row * perRow + k]!;
  });
  return picked;
}

/** Rows of each class, or rows that have each label. */
export function labelCounts(task: 'classification' | 'multilabel', split: Split, labels: number): number[] {
  const counts = new Array<number>(labels).fill(0);
  split.labels.forEach((value, i) => {
    if (task === 'classification') counts[value]! += 1;
    else counts[i % labels]! += value;
  });
  return counts;
}

/** A row's label in words. Several labels are joined by `separator`. */
export function labelText(
  { task, labelNames }: Pick<Dataset, 'task' | 'labelNames'>,
  { labels }: Split,
  row: number,
  separator: string,
): string {
  const perRow = targetsPerRow(task, labelNames.length);
  const own = labels.subarray(row * perRow, (row + 1) * perRow);
  switch (task) {
    case 'classification':
      return labelNames[own[0]!]!;
    case 'multilabel':
      return labelNames.filter((_, i) => own[i] === 1).join(separator);
    case 'regression':
      // The shortest decimal that is the same float32: what was typed, but for digits beyond its precision.
      return String(Number(own[0]!.toPrecision(7)));
  }
}

export interface NumberRange {
  readonly minimum: number;
  readonly maximum: number;
  readonly mean: number;
}

/** Of at least one number. */
export function rangeOf(values: ArrayLike<number>): NumberRange {
  let [minimum, maximum, total] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (let i = 0; i < values.length; i++) {
    minimum = Math.min(minimum, values[i]!);
    maximum = Math.max(maximum, values[i]!);
    total += values[i]!;
  }
  return { minimum, maximum, mean: total / values.length };
}

/** What a portion of work waits for, so that messages are read between them; it throws where the work is to end. */
export type Turn = (doneRows: number) => unknown;

const rowsPerTurn = 2000;
const labelsPerTurn = 65_536;

/**
 * The same for the same content, whatever the data set is called: sha-256, hex, of the JSON of its parts, hashed as it is
 * written, since runs are resumed by fingerprints that were made of the whole JSON.
 */
export async function fingerprintOf(
  { task, labelNames, splits }: Pick<Dataset, 'task' | 'labelNames' | 'splits'>,
  turn: Turn = () => {},
): Promise<string> {
  const hash = new TextHash(await createSHA256());
  // Classification has no mark: its fingerprints are older than the other tasks.
  hash.write(`[${task === 'classification' ? '' : `${JSON.stringify(task)},`}${JSON.stringify(labelNames)}`);
  let done = 0;
  for (const [name, { texts, labels }] of Object.entries(splits)) {
    hash.write(`,[${JSON.stringify(name)},[`);
    for (let row = 0; row < texts.length; row++) {
      if (row > 0) hash.writeByte(comma);
      if (texts.bytesAt) hash.writeString(texts.bytesAt(row));
      else hash.write(JSON.stringify(texts.at(row)));
      done += 1;
      if (done % rowsPerTurn === 0) await turn(done);
    }
    hash.write('],[');
    for (let i = 0; i < labels.length; i++) {
      if (i > 0) hash.writeByte(comma);
      hash.writeNumber(labels[i]!);
      if (i % labelsPerTurn === 0) await turn(done);
    }
    hash.write(']]');
  }
  hash.write(']');
  return hash.digest();
}

/** What JSON writes for the characters that it does not write as they are. */
const escapes: readonly Uint8Array[] = Array.from({ length: 128 }, (_, code) => {
  const json = JSON.stringify(String.fromCharCode(code)).slice(1, -1);
  return new TextEncoder().encode(json);
});

const [quote, comma, zero, backslash, space] = [34, 44, 48, 92, 32];
const hashedBytes = 65_536;

/** Hashes the UTF-8 of texts one after another. */
class TextHash {
  readonly #hasher: IHasher;
  readonly #encoder = new TextEncoder();
  readonly #buffer = new Uint8Array(hashedBytes);
  #used = 0;

  constructor(hasher: IHasher) {
    this.#hasher = hasher.init();
  }

  write(text: string): void {
    // A UTF-16 unit needs three bytes at most.
    if (3 * text.length > hashedBytes - this.#used) this.#flush();
    if (3 * text.length > hashedBytes) this.#hasher.update(this.#encoder.encode(text));
    else this.#used += this.#encoder.encodeInto(text, this.#buffer.subarray(this.#used)).written;
  }

  /** Of ASCII: a call of the encoder costs more than the rest of a row. */
  writeByte(byte: number): void {
    if (this.#used === hashedBytes) this.#flush();
    this.#buffer[this.#used++] = byte;
  }

  writeNumber(value: number): void {
    if (Number.isInteger(value) && value >= 0 && value < 10 && !Object.is(value, -0))
      this.writeByte(zero + value);
    else this.write(`${value}`);
  }

  /** A text in UTF-8 as the JSON string that it is: as decoding, `JSON.stringify` and encoding would, many times as fast. */
  writeString(bytes: Uint8Array): void {
    this.writeByte(quote);
    // An escape has six bytes at most.
    const portion = hashedBytes / 8;
    for (let begin = 0; begin < bytes.length; begin += portion) {
      if (hashedBytes - this.#used < 6 * portion) this.#flush();
      this.#escape(bytes, begin, Math.min(begin + portion, bytes.length));
    }
    this.writeByte(quote);
  }

  #escape(bytes: Uint8Array, begin: number, end: number): void {
    const buffer = this.#buffer;
    let used = this.#used;
    for (let i = begin; i < end; i++) {
      const byte = bytes[i]!;
      if (byte >= space && byte !== quote && byte !== backslash) buffer[used++] = byte;
      else for (const escaped of escapes[byte]!) buffer[used++] = escaped;
    }
    this.#used = used;
  }

  digest(): string {
    this.#flush();
    return this.#hasher.digest('hex');
  }

  #flush(): void {
    this.#hasher.update(this.#buffer.subarray(0, this.#used));
    this.#used = 0;
  }
}

/** Class names in a fixed order: numbers by value, words as Python's `sorted()` does, by code point. */
export function orderLabels(values: Iterable<string>): string[] {
  const distinct = [...new Set(values)];
  return distinct.every(isNumber)
    ? distinct.sort((a, b) => Number(a) - Number(b))
    : distinct.sort(compareCodePoints);
}

export const isNumber = (cell: string) => cell.trim() !== '' && Number.isFinite(Number(cell));

function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a, codePoint), Array.from(b, codePoint)];
  const at = left.findIndex((point, i) => point !== right[i]);
  if (at === -1) return left.length - right.length;
  return at >= right.length ? 1 : left[at]! - right[at]!;
}

const codePoint = (character: string) => character.codePointAt(0)!;
