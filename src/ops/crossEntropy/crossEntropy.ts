/**
 * Cross entropy of softmax(logits) against an integer label, one value a row.
 *
 * logits [B, C], labels u32 [B, 1] → loss [B, 1]:  loss = log Σ_c exp(z_c − max z) + max z − z_label.
 * Backward: dZ_c = (softmax(z)_c − [c = label]) · dLoss.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const crossEntropy: Op = {
  name: 'crossEntropy',
  infer([logits, labels]) {
    const fits = labels!.rows === logits!.rows && labels!.cols === 1;
    invariant(fits, `crossEntropy: logits ${formatShape(logits!)} labels ${formatShape(labels!)}`);
    return { rows: logits!.rows, cols: 1 };
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(crossEntropyGrad, [node.inputs[0]!, node.inputs[1]!, dOut], {}, `${node.name}.dLogits`),
    null,
  ],
  reference({ inputs: [logits, labels], inputShapes: [shape], rows, out }) {
    const classes = shape![1];
    for (let i = 0; i < rows; i++) {
      const { max, sum } = softmaxTerms(logits!, i * classes, classes);
      out[i] = Math.log(sum) + max - logits![i * classes + labels![i]!]!;
    }
  },
  flops: ([logits]) => 4 * logits![0] * logits![1],
};

/** logits [B, C], labels u32 [B, 1], dLoss [B, 1] → dLogits [B, C]. */
export const crossEntropyGrad: Op = {
  name: 'crossEntropyGrad',
  infer: ([logits]) => logits!,
  reference({ inputs: [logits, labels, dLoss], rows, cols, out }) {
    for (let i = 0; i < rows; i++) {
      const { max, sum } = softmaxTerms(logits!, i * cols, cols);
      for (let c = 0; c < cols; c++) {
        const probability = Math.exp(logits![i * cols + c]! - max) / sum;
        out[i * cols + c] = (probability - (labels![i] === c ? 1 : 0)) * dLoss![i]!;
      }
    }
  },
  flops: (_inputs, rows, cols) => 6 * rows * cols,
};

function softmaxTerms(logits: ArrayLike<number>, offset: number, classes: number) {
  let max = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < classes; c++) max = Math.max(max, logits[offset + c]!);
  let sum = 0;
  for (let c = 0; c < classes; c++) sum += Math.exp(logits[offset + c]! - max);
  return { max, sum };
}

export function crossEntropyLoss(graph: GraphBuilder, logits: Node, labels: Node, name: string): Node {
  return graph.apply(crossEntropy, [logits, labels], {}, name);
}
