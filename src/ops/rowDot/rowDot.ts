/**
 * Scalar product of two matrices' rows: a, b [M, N] → [M, 1], y_i = Σ_j a_ij b_ij.
 * Backward: dA = b ⊙ dY, dB = a ⊙ dY, dY repeated along the row.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';
import { scale } from '../scale/scale';

export const rowDot: Op = {
  name: 'rowDot',
  infer([a, b]) {
    invariant(
      a!.rows === b!.rows && a!.cols === b!.cols,
      `rowDot: a ${formatShape(a!)} b ${formatShape(b!)}`,
    );
    return { rows: a!.rows, cols: 1 };
  },
  backward(node, dOut, wants, graph) {
    const [a, b] = node.inputs as [Node, Node];
    const product = (x: Node, part: string) =>
      graph.apply(scale, [x, dOut], { mode: 'column' }, `${node.name}.${part}`);
    return [wants[0] ? product(b, 'dA') : null, wants[1] ? product(a, 'dB') : null];
  },
  reference({ inputs: [a, b], inputShapes: [shape], rows, out }) {
    const cols = shape![1];
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) out[i]! += a![i * cols + j]! * b![i * cols + j]!;
  },
  flops: ([a]) => 2 * a![0] * a![1],
};

export function dotRows(graph: GraphBuilder, a: Node, b: Node, name: string): Node {
  return graph.apply(rowDot, [a, b], {}, name);
}
