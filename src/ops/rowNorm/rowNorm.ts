/**
 * Reciprocal Euclidean norm of each row: v [R, N] → [R, 1], y_i = 1 / ‖v_i‖. DoRA divides a weight by its rows' norms.
 * Backward: dV_i = −dY_i · y_i³ · v_i.
 */
import type { GraphBuilder, Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const inverseRowNorm: Op = {
  name: 'inverseRowNorm',
  infer: ([v]) => ({ rows: v!.rows, cols: 1 }),
  backward: (node, dOut, _wants, graph) => [
    graph.apply(inverseRowNormGrad, [node.inputs[0]!, node, dOut], {}, `${node.name}.dV`),
  ],
  reference({ inputs: [v], inputShapes: [shape], rows, out }) {
    const cols = shape![1];
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let j = 0; j < cols; j++) sum += v![i * cols + j]! ** 2;
      out[i] = 1 / Math.sqrt(sum);
    }
  },
  flops: ([v]) => 2 * v![0] * v![1],
};

/** v [R, N], y [R, 1], dY [R, 1] → dV [R, N]. */
export const inverseRowNormGrad: Op = {
  name: 'inverseRowNormGrad',
  infer: ([v]) => v!,
  reference({ inputs: [v, y, dY], rows, cols, out }) {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) out[i * cols + j] = -dY![i]! * y![i]! ** 3 * v![i * cols + j]!;
  },
  flops: (_inputs, rows, cols) => 2 * rows * cols,
};

export function inverseNormOfRows(graph: GraphBuilder, v: Node, name: string): Node {
  return graph.apply(inverseRowNorm, [v], {}, name);
}
