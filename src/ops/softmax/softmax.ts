/**
 * Softmax of each row: x [M, N] → p [M, N], p_j = exp(x_j) / Σ_k exp(x_k).
 * Backward: dX_j = p_j (dP_j − Σ_k p_k dP_k).
 */
import type { GraphBuilder, Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const softmax: Op = {
  name: 'softmax',
  infer: ([x]) => x!,
  backward: (node, dOut, _wants, graph) => [graph.apply(softmaxGrad, [node, dOut], {}, `${node.name}.dX`)],
  reference({ inputs: [x], rows, cols, out }) {
    for (let i = 0; i < rows; i++) {
      const row = Array.from({ length: cols }, (_, j) => x![i * cols + j]!);
      const max = Math.max(...row);
      const total = row.reduce((sum, value) => sum + Math.exp(value - max), 0);
      for (let j = 0; j < cols; j++) out[i * cols + j] = Math.exp(row[j]! - max) / total;
    }
  },
  flops: (_inputs, rows, cols) => 12 * rows * cols,
};

/** p, dP [M, N] → dX [M, N]. */
export const softmaxGrad: Op = {
  name: 'softmaxGrad',
  infer: ([p]) => p!,
  reference({ inputs: [p, dP], rows, cols, out }) {
    for (let i = 0; i < rows; i++) {
      let dot = 0;
      for (let j = 0; j < cols; j++) dot += p![i * cols + j]! * dP![i * cols + j]!;
      for (let j = 0; j < cols; j++) out[i * cols + j] = p![i * cols + j]! * (dP![i * cols + j]! - dot);
    }
  },
  flops: (_inputs, rows, cols) => 4 * rows * cols,
};

export function softmaxOfRows(graph: GraphBuilder, x: Node, name: string): Node {
  return graph.apply(softmax, [x], {}, name);
}
