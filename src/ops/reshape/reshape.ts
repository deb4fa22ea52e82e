/**
 * The same numbers as a matrix of another shape: x [R, C] → [rows, cols] with R · C = rows · cols, row-major. With `detached`
 * no gradient flows back, as after torch's `detach`.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node, type Rows, type Shape } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const reshape: Op = {
  name: 'reshape',
  infer([x], { rows, cols }) {
    const same =
      typeof x!.rows === 'number' && typeof rows === 'number'
        ? x!.rows * x!.cols === rows * Number(cols)
        : x!.rows === rows && x!.cols === cols;
    invariant(same, `reshape: ${formatShape(x!)} to [${rows}, ${cols}]`);
    return { rows: rows as Rows, cols: Number(cols) };
  },
  backward(node, dOut, _wants, graph) {
    if (node.attributes.detached) return [null];
    const { rows, cols } = node.inputs[0]!.shape;
    return [graph.apply(reshape, [dOut], { rows, cols, detached: false }, `${node.name}.dX`)];
  },
  reference: ({ inputs: [x], out }) => out.set(x!),
  flops: () => 0,
};

export function reshaped(graph: GraphBuilder, x: Node, { rows, cols }: Shape, name: string): Node {
  if (x.shape.rows === rows && x.shape.cols === cols) return x;
  return graph.apply(reshape, [x], { rows, cols, detached: false }, name);
}

/** x as a constant: no gradient flows through it. */
export function detach(graph: GraphBuilder, x: Node, name: string): Node {
  return graph.apply(reshape, [x], { ...x.shape, detached: true }, name);
}
