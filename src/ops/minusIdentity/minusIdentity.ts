/** W − I: w [N, N] → [N, N]. What AdapterFusion's regularisation pulls its value matrices towards zero by. */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const minusIdentity: Op = {
  name: 'minusIdentity',
  infer([w]) {
    invariant(w!.rows === w!.cols, `minusIdentity: w ${formatShape(w!)}, expected a square matrix`);
    return w!;
  },
  backward: (_node, dOut) => [dOut],
  reference({ inputs: [w], cols, out }) {
    for (let i = 0; i < out.length; i++) out[i] = w![i]! - (i % (cols + 1) === 0 ? 1 : 0);
  },
  flops: (_inputs, rows, cols) => rows * cols,
};

export function withoutIdentity(graph: GraphBuilder, w: Node, name: string): Node {
  return graph.apply(minusIdentity, [w], {}, name);
}
