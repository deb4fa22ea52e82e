/**
 * `takeFirst`: the first row of every sequence, the `<s>` that the classification head reads; `scatterFirst`, its
 * transpose, is its gradient.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

/** x [tokens, N], layout u32 [sequences, 4] (first row, rows, keys, 0), tokenLayout u32 [tokens, 4] → [sequences, N]. */
export const takeFirst: Op = {
  name: 'takeFirst',
  infer([x]) {
    invariant(x!.rows === 'tokens', `takeFirst: x ${formatShape(x!)}, expected token rows`);
    return { rows: 'sequences', cols: x!.cols };
  },
  // The layouts are integers; tokenLayout is an input only because the backward needs it.
  backward: (node, dOut, _wants, graph) => [
    graph.apply(scatterFirst, [dOut, node.inputs[2]!], {}, `${node.name}.dX`),
    null,
    null,
  ],
  reference({ inputs: [x, layout], rows, cols, out }) {
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) out[i * cols + j] = x![layout![4 * i]! * cols + j]!;
    }
  },
  flops: () => 0,
};

/** dY [sequences, N], tokenLayout u32 [tokens, 4] (sequence, first row, …) → dX [tokens, N], zero in all other rows. */
export const scatterFirst: Op = {
  name: 'scatterFirst',
  infer: ([dY]) => ({ rows: 'tokens', cols: dY!.cols }),
  reference({ inputs: [dY, tokenLayout], rows, cols, out }) {
    for (let i = 0; i < rows; i++) {
      if (tokenLayout![4 * i + 1] !== i) continue;
      for (let j = 0; j < cols; j++) out[i * cols + j] = dY![tokenLayout![4 * i]! * cols + j]!;
    }
  },
  flops: () => 0,
};

export function firstRows(graph: GraphBuilder, x: Node, layout: Node, tokenLayout: Node, name: string): Node {
  return graph.apply(takeFirst, [x, layout, tokenLayout], {}, name);
}
