/** A validation split where the data brings none: stratified by label, seeded, copies of one text kept on one side. */
import type { Split } from './dataset';
import { torchRandperm } from './random';

/**
 * Moves about `fraction` of each class's different texts to validation, at least one where the class has two. No class
 * loses its last text in training; where texts stand under several labels, that comes before the validation share.
 */
export function splitOff(
  rows: Split,
  fraction: number,
  seed: number,
): { readonly train: Split; readonly validation: Split } {
  const textsOf = new Map<number, Set<string>>();
  const labelsOf = new Map<string, Set<number>>();
  rows.texts.forEach((text, i) => {
    addTo(textsOf, rows.labels[i]!, text);
    addTo(labelsOf, text, rows.labels[i]!);
  });
  const inTraining = new Map([...textsOf].map(([label, texts]) => [label, texts.size]));
  const held = new Set<string>();
  for (const [label, texts] of [...textsOf].sort(([a], [b]) => a - b)) {
    const wanted = Math.min(
      texts.size - 1,
      Math.max(texts.size > 1 ? 1 : 0, Math.round(fraction * texts.size)),
    );
    // A text that stands under two labels goes where its first label's draw puts it.
    const free = [...texts].filter((text) => !held.has(text));
    let missing = wanted - (texts.size - free.length);
    for (const i of torchRandperm(free.length, seed + label)) {
      if (missing <= 0) break;
      const labels = labelsOf.get(free[i]!)!;
      if ([...labels].some((other) => inTraining.get(other)! < 2)) continue;
      for (const other of labels) inTraining.set(other, inTraining.get(other)! - 1);
      held.add(free[i]!);
      missing -= 1;
    }
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

function addTo<K, V>(sets: Map<K, Set<V>>, key: K, value: V): void {
  const set = sets.get(key);
  if (set) set.add(value);
  else sets.set(key, new Set([value]));
}
