/**
 * Figures of each task from logits. Macro F1 is the unweighted mean of the classes' or labels' F1, 0 for one without hits;
 * micro F1 is the F1 of all decisions together.
 */
import type { MetricValues, TaskType } from '../task';

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** 2TP / (2TP + FP + FN); `marked` is 2TP + FP + FN, the positives in gold and in the prediction. */
const f1Of = (truePositives: number, marked: number) => (marked > 0 ? (2 * truePositives) / marked : 0);

/** Index of the largest of `classes` logits from `offset`; the first one on a tie. */
function argmax(logits: ArrayLike<number>, offset: number, classes: number): number {
  let best = 0;
  for (let c = 1; c < classes; c++) if (logits[offset + c]! > logits[offset + best]!) best = c;
  return best;
}

/** The class of the largest logit counts. */
function classificationMetrics(
  logits: ArrayLike<number>,
  gold: ArrayLike<number>,
  classes: number,
): Required<Pick<MetricValues, 'accuracy' | 'macroF1'>> {
  const truePositives = new Array<number>(classes).fill(0);
  const marked = new Array<number>(classes).fill(0);
  for (let row = 0; row < gold.length; row++) {
    const [is, given] = [gold[row]!, argmax(logits, row * classes, classes)];
    if (is === given) truePositives[is]! += 1;
    marked[is]! += 1;
    marked[given]! += 1;
  }
  return {
    accuracy: gold.length > 0 ? sum(truePositives) / gold.length : 0,
    macroF1: sum(truePositives.map((hits, c) => f1Of(hits, marked[c]!))) / classes,
  };
}

/** A label is given where its probability is at least one half: where its logit is not negative. [rows · labels] each. */
function multilabelMetrics(
  logits: ArrayLike<number>,
  gold: ArrayLike<number>,
  labels: number,
): Required<Pick<MetricValues, 'microF1' | 'macroF1' | 'exactMatch'>> {
  const truePositives = new Array<number>(labels).fill(0);
  const marked = new Array<number>(labels).fill(0);
  const rows = gold.length / labels;
  let exact = 0;
  for (let row = 0; row < rows; row++) {
    let isExact = true;
    for (let label = 0; label < labels; label++) {
      const is = gold[row * labels + label]! > 0.5;
      const given = logits[row * labels + label]! >= 0;
      if (is && given) truePositives[label]! += 1;
      marked[label]! += Number(is) + Number(given);
      isExact &&= is === given;
    }
    exact += Number(isExact);
  }
  return {
    microF1: f1Of(sum(truePositives), sum(marked)),
    macroF1: sum(truePositives.map((hits, label) => f1Of(hits, marked[label]!))) / labels,
    exactMatch: rows > 0 ? exact / rows : 0,
  };
}

/** Pearson's r is left out where gold or prediction is constant: it has no value there. */
function regressionMetrics(predicted: ArrayLike<number>, gold: ArrayLike<number>): MetricValues {
  const n = gold.length;
  const mean = (of: (i: number) => number) => {
    let total = 0;
    for (let i = 0; i < n; i++) total += of(i);
    return n > 0 ? total / n : 0;
  };
  const [meanPredicted, meanGold] = [mean((i) => predicted[i]!), mean((i) => gold[i]!)];
  const covariance = mean((i) => (predicted[i]! - meanPredicted) * (gold[i]! - meanGold));
  const scale = Math.sqrt(
    mean((i) => (predicted[i]! - meanPredicted) ** 2) * mean((i) => (gold[i]! - meanGold) ** 2),
  );
  return {
    mse: mean((i) => (predicted[i]! - gold[i]!) ** 2),
    mae: mean((i) => Math.abs(predicted[i]! - gold[i]!)),
    ...(scale > 0 ? { pearson: covariance / scale } : {}),
  };
}

/** The figures of `task` from logits [rows, outputs] and gold as `Split.labels` has it. */
export function taskMetrics(
  task: TaskType,
  logits: ArrayLike<number>,
  gold: ArrayLike<number>,
  outputs: number,
): MetricValues {
  switch (task) {
    case 'classification':
      return classificationMetrics(logits, gold, outputs);
    case 'multilabel':
      return multilabelMetrics(logits, gold, outputs);
    case 'regression':
      return regressionMetrics(logits, gold);
  }
}

/**
 * The task's first figure for the best constant answer, which is known without reading a text: the majority class, the labels that
 * are best given to every row (the commonest ones), the median.
 */
export function constantBaseline(task: TaskType, gold: ArrayLike<number>, outputs: number): number {
  switch (task) {
    case 'classification':
      return gold.length > 0 ? Math.max(...countsOf(gold, outputs)) / gold.length : 0;
    case 'multilabel': {
      const rows = gold.length / outputs;
      const positives = Array.from({ length: outputs }, (_, label) =>
        sum(Array.from({ length: rows }, (_, row) => Number(gold[row * outputs + label]! > 0.5))),
      ).sort((a, b) => b - a);
      const marked = sum(positives);
      let hits = 0;
      const scores = positives.map((count, k) => {
        hits += count;
        return f1Of(hits, (k + 1) * rows + marked);
      });
      return Math.max(0, ...scores);
    }
    case 'regression': {
      const sorted = Array.from(gold).sort((a, b) => a - b);
      const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
      return sum(sorted.map((value) => Math.abs(value - median))) / Math.max(1, sorted.length);
    }
  }
}

function countsOf(gold: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0);
  for (let row = 0; row < gold.length; row++) counts[gold[row]!]! += 1;
  return counts;
}

/** What a person reads of one row of logits: probabilities of classes, a probability for each label, the number itself. */
export function scoresOf(task: TaskType, logits: ArrayLike<number>): number[] {
  switch (task) {
    case 'classification':
      return softmax(logits);
    case 'multilabel':
      return Array.from(logits, (z) => 1 / (1 + Math.exp(-z)));
    case 'regression':
      return Array.from(logits);
  }
}

/** softmax of one row of logits. */
function softmax(logits: ArrayLike<number>): number[] {
  const max = Math.max(...Array.from(logits));
  const terms = Array.from(logits, (z) => Math.exp(z - max));
  const sum = terms.reduce((a, b) => a + b, 0);
  return terms.map((t) => t / sum);
}
