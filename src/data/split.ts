/** A validation split where the data brings none: stratified by label, seeded, copies of one text kept on one side. */
import type { Split } from './dataset';
import { torchRandperm } from './random';

/**
 * Moves about `fraction` of each class to validation; at least one row of every class that has two different texts, and
 * never all of a class.
 */
export function splitOff(
  rows: Split,
  fraction: number,
  seed: number,
): { readonly train: Split; readonly validation: Split } {
  const groups = new Map<number, Map<string, number[]>>();
  rows.texts.forEach((text, i) => {
    const label = rows.labels[i]!;
    const texts = groups.get(label) ?? new Map<string, number[]>();
    groups.set(label, texts);
    texts.set(text, [...(texts.get(text) ?? []), i]);
  });
  const held = new Set<string>();
  for (const [label, texts] of [...groups].sort(([a], [b]) => a - b)) {
    const distinct = [...texts.keys()];
    // A text that stands under two labels goes where its first label's draw puts it.
    const free = distinct.filter((text) => !held.has(text));
    const wanted = Math.min(
      distinct.length - 1,
      Math.max(distinct.length > 1 ? 1 : 0, Math.round(fraction * distinct.length)),
    );
    const order = torchRandperm(free.length, seed + label);
    for (let k = distinct.length - free.length, i = 0; k < wanted && i < free.length; k++, i++)
      held.add(free[order[i]!]!);
  }
  const pick = (inValidation: boolean): Split => {
    const indices = rows.texts.flatMap((text, i) => (held.has(text) === inValidation ? [i] : []));
    return {
      texts: indices.map((i) => rows.texts[i]!),
      labels: Uint32Array.from(indices, (i) => rows.labels[i]!),
    };
  };
  return { train: pick(false), validation: pick(true) };
}
