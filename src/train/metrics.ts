/** Classification metrics from logits. Macro F1 is the unweighted mean of the classes' F1, 0 for a class without hits. */

export interface ClassificationMetrics {
  readonly accuracy: number;
  readonly macroF1: number;
  /** `[gold][predicted]` counts. */
  readonly confusion: readonly (readonly number[])[];
}

/** Index of the largest of `classes` logits from `offset`; the first one on a tie. */
export function argmax(logits: ArrayLike<number>, offset: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if (logits[offset + c]! > logits[offset + best]!) best = c;
  return best;
}

export function classificationMetrics(
  predicted: ArrayLike<number>,
  gold: ArrayLike<number>,
  classes: number,
): ClassificationMetrics {
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < gold.length; i++) confusion[gold[i]!]![predicted[i]!]! += 1;
  let hits = 0;
  let f1 = 0;
  for (let c = 0; c < classes; c++) {
    const truePositives = confusion[c]![c]!;
    const inGold = confusion[c]!.reduce((sum, n) => sum + n, 0);
    const inPredicted = confusion.reduce((sum, row) => sum + row[c]!, 0);
    hits += truePositives;
    // 2TP / (2TP + FP + FN)
    if (inGold + inPredicted > 0) f1 += (2 * truePositives) / (inGold + inPredicted);
  }
  return { accuracy: gold.length ? hits / gold.length : 0, macroF1: f1 / classes, confusion };
}

/** softmax of one row of logits. */
export function softmax(logits: ArrayLike<number>): number[] {
  const max = Math.max(...Array.from(logits));
  const terms = Array.from(logits, (z) => Math.exp(z - max));
  const sum = terms.reduce((a, b) => a + b, 0);
  return terms.map((t) => t / sum);
}
