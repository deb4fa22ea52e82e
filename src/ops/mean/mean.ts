/** Mean over the rows of a column: x [rows, 1] → [1, 1]; `meanGrad` hands 1/rows of the gradient to every row. */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node, type Rows } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const mean: Op = {
  name: 'mean',
  infer([x]) {
    invariant(x!.cols === 1, `mean: x ${formatShape(x!)}, expected one column`);
    return { rows: 1, cols: 1 };
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(meanGrad, [dOut], { rows: node.inputs[0]!.shape.rows }, `${node.name}.dX`),
  ],
  reference({ inputs: [x], inputShapes: [shape], out }) {
    for (let i = 0; i < shape![0]; i++) out[0]! += x![i]! / shape![0];
  },
  flops: ([x]) => x![0],
};

/** dY [1, 1] → dX [rows, 1], each dY / rows. */
export const meanGrad: Op = {
  name: 'meanGrad',
  infer: (_inputs, { rows }) => ({ rows: rows as Rows, cols: 1 }),
  reference({ inputs: [dY], rows, out }) {
    out.fill(dY![0]! / rows);
  },
  flops: (_inputs, rows) => rows,
};

export function meanOfRows(graph: GraphBuilder, x: Node, name: string): Node {
  return graph.apply(mean, [x], {}, name);
}
