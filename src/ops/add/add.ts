/** a [M, N] + b [M, N] → [M, N]. */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';
import { addKernels } from './add.kernels';

export const add: Op = {
  name: 'add',
  infer([a, b]) {
    invariant(a!.rows === b!.rows && a!.cols === b!.cols, `add: a ${formatShape(a!)} b ${formatShape(b!)}`);
    return a!;
  },
  backward: (_node, dOut) => [dOut, dOut],
  reference({ inputs: [a, b], out }) {
    for (let i = 0; i < out.length; i++) out[i] = a![i]! + b![i]!;
  },
  kernels: addKernels,
  flops: (_inputs, rows, cols) => rows * cols,
};

export function sum(graph: GraphBuilder, a: Node, b: Node, name: string): Node {
  return graph.apply(add, [a, b], {}, name);
}
