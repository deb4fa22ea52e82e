/** a [M, N] + b [M, N] → [M, N]. */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';
import { columnSum } from '../columnSum/columnSum';

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
  flops: (_inputs, rows, cols) => rows * cols,
};

/** x [M, N] + row [1, N], to every row. Backward: dX = dY, dRow = Σ_rows dY. */
export const rowAdd: Op = {
  name: 'rowAdd',
  infer([x, row]) {
    invariant(
      row!.rows === 1 && row!.cols === x!.cols,
      `rowAdd: x ${formatShape(x!)} row ${formatShape(row!)}`,
    );
    return x!;
  },
  backward: (node, dOut, wants, graph) => [
    dOut,
    wants[1] ? graph.apply(columnSum, [dOut], {}, `${node.name}.dRow`) : null,
  ],
  reference({ inputs: [x, row], cols, out }) {
    for (let i = 0; i < out.length; i++) out[i] = x![i]! + row![i % cols]!;
  },
  flops: (_inputs, rows, cols) => rows * cols,
};

export function addRow(graph: GraphBuilder, x: Node, row: Node, name: string): Node {
  return graph.apply(rowAdd, [x, row], {}, name);
}

export function sum(graph: GraphBuilder, a: Node, b: Node, name: string): Node {
  return graph.apply(add, [a, b], {}, name);
}
