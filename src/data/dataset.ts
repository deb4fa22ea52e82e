/** A data set for classification: texts, label indices, class names, splits. */

export interface Split {
  readonly texts: readonly string[];
  /** Index into the class names, one a text. */
  readonly labels: Uint32Array;
}

export type SplitName = 'train' | 'validation' | 'test';

export interface Dataset {
  readonly id: string;
  readonly name: string;
  /** sha-256 over class names, texts and labels of all splits, hex. */
  readonly fingerprint: string;
  readonly labelNames: readonly string[];
  readonly splits: { readonly train: Split; readonly validation: Split; readonly test?: Split };
}

/** Rows of each class. */
export function labelCounts(split: Split, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (const label of split.labels) counts[label]! += 1;
  return counts;
}

/** The same for the same content, whatever the data set is called. */
export async function fingerprintOf({
  labelNames,
  splits,
}: Pick<Dataset, 'labelNames' | 'splits'>): Promise<string> {
  const content = [
    labelNames,
    ...Object.entries(splits).map(([name, split]) => [name, split.texts, [...split.labels]]),
  ];
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(JSON.stringify(content)));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Class names in a fixed order: numbers by value, words as Python's `sorted()` does, by code point. */
export function orderLabels(values: Iterable<string>): string[] {
  const distinct = [...new Set(values)];
  const numeric = distinct.every((value) => value.trim() !== '' && Number.isFinite(Number(value)));
  return numeric ? distinct.sort((a, b) => Number(a) - Number(b)) : distinct.sort(compareCodePoints);
}

function compareCodePoints(a: string, b: string): number {
  const [left, right] = [Array.from(a, codePoint), Array.from(b, codePoint)];
  const at = left.findIndex((point, i) => point !== right[i]);
  if (at === -1) return left.length - right.length;
  return at >= right.length ? 1 : left[at]! - right[at]!;
}

const codePoint = (character: string) => character.codePointAt(0)!;
