/**
 * Losses of a row of logits z [B, C] against real-valued targets t [B, C], one value a row; their mean or sum over the rows
 * is the loss of the batch. Cross entropy against plain integer labels is the op `crossEntropy`.
 *
 * - `softCrossEntropy`: −Σ_c t_c log softmax(z)_c; targets of any sum, as label smoothing and class weights make them.
 *   dZ_c = (softmax(z)_c Σ_k t_k − t_c) dLoss.
 * - `binaryCrossEntropy` (torch's BCEWithLogitsLoss): mean_c [max(z_c, 0) − z_c t_c + log(1 + exp(−|z_c|))].
 *   dZ_c = (σ(z_c) − t_c) / C · dLoss.
 * - `squaredError` (torch's MSELoss): mean_c (z_c − t_c)².  dZ_c = 2 (z_c − t_c) / C · dLoss.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

interface RowLoss {
  value(z: readonly number[], t: readonly number[]): number;
  /** For dLoss = 1. */
  gradient(z: readonly number[], t: readonly number[]): readonly number[];
}

const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

function logSoftmax(z: readonly number[]): readonly number[] {
  const max = Math.max(...z);
  const log = Math.log(sum(z.map((value) => Math.exp(value - max)))) + max;
  return z.map((value) => value - log);
}

const rowLosses = {
  softCrossEntropy: {
    value: (z, t) => -sum(logSoftmax(z).map((log, c) => log * t[c]!)),
    gradient: (z, t) => logSoftmax(z).map((log, c) => Math.exp(log) * sum(t) - t[c]!),
  },
  binaryCrossEntropy: {
    value: (z, t) =>
      sum(z.map((x, c) => Math.max(x, 0) - x * t[c]! + Math.log1p(Math.exp(-Math.abs(x))))) / z.length,
    gradient: (z, t) => z.map((x, c) => (sigmoid(x) - t[c]!) / z.length),
  },
  squaredError: {
    value: (z, t) => sum(z.map((x, c) => (x - t[c]!) ** 2)) / z.length,
    gradient: (z, t) => z.map((x, c) => (2 * (x - t[c]!)) / z.length),
  },
} satisfies Record<string, RowLoss>;

export type RowLossName = keyof typeof rowLosses;

const rowOf = (values: ArrayLike<number>, row: number, cols: number) =>
  Array.from({ length: cols }, (_, c) => values[row * cols + c]!);

/** z, t [B, C] → [B, 1]. Attribute `kind`. */
export const rowLoss: Op = {
  name: 'rowLoss',
  infer([z, t]) {
    invariant(
      z!.rows === t!.rows && z!.cols === t!.cols,
      `rowLoss: z ${formatShape(z!)} t ${formatShape(t!)}`,
    );
    return { rows: z!.rows, cols: 1 };
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(rowLossGrad, [...node.inputs, dOut], node.attributes, `${node.name}.dLogits`),
    null,
  ],
  reference({ inputs: [z, t], inputShapes: [shape], attributes, rows, out }) {
    const { value } = rowLosses[attributes.kind as RowLossName];
    for (let i = 0; i < rows; i++) out[i] = value(rowOf(z!, i, shape![1]), rowOf(t!, i, shape![1]));
  },
  flops: ([z]) => 6 * z![0] * z![1],
};

/** z, t [B, C], dLoss [B, 1] → dZ [B, C]. */
export const rowLossGrad: Op = {
  name: 'rowLossGrad',
  infer: ([z]) => z!,
  reference({ inputs: [z, t, dLoss], attributes, rows, cols, out }) {
    const { gradient } = rowLosses[attributes.kind as RowLossName];
    for (let i = 0; i < rows; i++)
      gradient(rowOf(z!, i, cols), rowOf(t!, i, cols)).forEach((g, c) => {
        out[i * cols + c] = g * dLoss![i]!;
      });
  },
  flops: (_inputs, rows, cols) => 8 * rows * cols,
};

export function lossOfRows(
  graph: GraphBuilder,
  kind: RowLossName,
  logits: Node,
  targets: Node,
  name: string,
): Node {
  return graph.apply(rowLoss, [logits, targets], { kind }, name);
}
