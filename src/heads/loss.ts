/**
 * The loss of a head's logits: cross entropy, with label smoothing and class weights as options; binary cross entropy for
 * several labels; squared error for numbers. The batch's loss is the mean over its sequences, as torch's losses are.
 */
import type { GraphBuilder, Node } from '../graph/graph';
import { crossEntropyLoss } from '../ops/crossEntropy/crossEntropy';
import { lossOfRows } from '../ops/losses/losses';
import type { TaskType } from '../task';

export interface LossOptions {
  /** ε of torch's `CrossEntropyLoss(label_smoothing=ε)`; for classification only. */
  readonly labelSmoothing: number;
  /** One weight a class, torch's `CrossEntropyLoss(weight=…)`; null weighs all alike. For classification only. */
  readonly classWeights: readonly number[] | null;
}

export const plainLoss: LossOptions = { labelSmoothing: 0, classWeights: null };

/** What the loss compares the logits with: class numbers u32 [sequences, 1], or numbers f32 [sequences, labels]. */
export type TargetKind = 'classes' | 'soft' | 'values';

export function targetKind(task: TaskType, { labelSmoothing, classWeights }: LossOptions): TargetKind {
  if (task !== 'classification') return 'values';
  return labelSmoothing > 0 || classWeights ? 'soft' : 'classes';
}

/** Logits [sequences, labels] → one loss a row [sequences, 1]. */
export function buildRowLosses(
  graph: GraphBuilder,
  task: TaskType,
  options: LossOptions,
  logits: Node,
): Node {
  const kind = targetKind(task, options);
  if (kind === 'classes') {
    const labels = graph.leaf('input', 'labels', { rows: 'sequences', cols: 1 }, 'u32');
    return crossEntropyLoss(graph, logits, labels, 'loss.rows');
  }
  const targets = graph.leaf('input', 'targets', logits.shape);
  if (kind === 'soft') return lossOfRows(graph, 'softCrossEntropy', logits, targets, 'loss.rows');
  return lossOfRows(
    graph,
    task === 'multilabel' ? 'binaryCrossEntropy' : 'squaredError',
    logits,
    targets,
    'loss.rows',
  );
}

/**
 * Targets [B, C] of `softCrossEntropy`, such that the mean over the rows is torch's loss:
 *   t_ic = w_c ((1 − ε) [c = y_i] + ε / C) · B / Σ_i w_{y_i}.
 */
export function softTargets(
  labels: ArrayLike<number>,
  classes: number,
  options: LossOptions,
): Float32Array<ArrayBuffer> {
  const { labelSmoothing, classWeights } = options;
  const weight = (c: number) => classWeights?.[c] ?? 1;
  const rows = Array.from({ length: labels.length }, (_, i) => labels[i]!);
  const normaliser = rows.reduce((total, y) => total + weight(y), 0) / rows.length;
  return Float32Array.from({ length: rows.length * classes }, (_, at) => {
    const c = at % classes;
    const own = rows[Math.floor(at / classes)] === c ? 1 - labelSmoothing : 0;
    return (weight(c) * (own + labelSmoothing / classes)) / normaliser;
  });
}
