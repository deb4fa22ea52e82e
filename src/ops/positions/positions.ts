/**
 * Some rows of every sequence by their position: `count` rows counted from its start (`from` "start", the first at `offset`)
 * or the last `count` of its real tokens (`from` "end"). ReFT intervenes at them, a prompt stands at them.
 *
 * x [tokens, N], picked rows [count · B, N], layout u32 [B, 4], tokenLayout u32 [tokens, 4]. A position that a sequence does
 * not have is read as zero and written nowhere.
 */
import { invariant } from '../../errors';
import {
  type Attributes,
  formatShape,
  type GraphBuilder,
  type Node,
  rowsPerSequence,
} from '../../graph/graph';
import type { Op } from '../../graph/op';
import type { Layouts } from '../sequences/sequences';

export interface Positions {
  readonly from: 'start' | 'end';
  readonly offset: number;
  readonly count: number;
}

/** Position within its sequence of picked row number `index`; it may lie outside of [0, rows). */
function positionOf({ from, offset, count }: Attributes, index: number, keys: number): number {
  return from === 'start' ? Number(offset) + index : keys - Number(count) + index;
}

/** Calls `use(picked, row)` for every picked row of the batch that exists. */
function forEachPicked(
  attributes: Attributes,
  layout: ArrayLike<number>,
  sequences: number,
  use: (picked: number, row: number) => void,
): void {
  const count = Number(attributes.count);
  for (let s = 0; s < sequences; s++) {
    const [first, rows, keys] = [layout[4 * s]!, layout[4 * s + 1]!, layout[4 * s + 2]!];
    for (let index = 0; index < count; index++) {
      const position = positionOf(attributes, index, keys);
      if (position >= 0 && position < rows) use(s * count + index, first + position);
    }
  }
}

const copyRow = (from: ArrayLike<number>, fromRow: number, to: Float64Array, toRow: number, cols: number) => {
  for (let j = 0; j < cols; j++) to[toRow * cols + j] = from[fromRow * cols + j]!;
};

/** x, tokenLayout, layout → [count · B, N]. */
export const takePositions: Op = {
  name: 'takePositions',
  infer([x], { count }) {
    invariant(x!.rows === 'tokens', `takePositions: x ${formatShape(x!)}, expected token rows`);
    return { rows: rowsPerSequence(Number(count)), cols: x!.cols };
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(scatterPositions, [dOut, ...node.inputs.slice(1)], node.attributes, `${node.name}.dX`),
    null,
    null,
  ],
  reference({ inputs: [x, , layout], attributes, cols, step, out }) {
    forEachPicked(attributes, layout!, step.sequences, (picked, row) => copyRow(x!, row, out, picked, cols));
  },
  flops: () => 0,
};

/** picked, tokenLayout, layout → [tokens, N]; zero in all other rows. */
export const scatterPositions: Op = {
  name: 'scatterPositions',
  infer: ([picked]) => ({ rows: 'tokens', cols: picked!.cols }),
  backward: (node, dOut, _wants, graph) => [
    graph.apply(takePositions, [dOut, ...node.inputs.slice(1)], node.attributes, `${node.name}.dPicked`),
    null,
    null,
  ],
  reference({ inputs: [picked, , layout], attributes, cols, step, out }) {
    forEachPicked(attributes, layout!, step.sequences, (index, row) =>
      copyRow(picked!, index, out, row, cols),
    );
  },
  flops: () => 0,
};

/** x, picked, tokenLayout, layout → [tokens, N]: x with the picked rows in their places. */
export const putPositions: Op = {
  name: 'putPositions',
  infer([x, picked], { count }) {
    const fits =
      picked!.rows === rowsPerSequence(Number(count)) && picked!.cols === x!.cols && x!.rows === 'tokens';
    invariant(fits, `putPositions: x ${formatShape(x!)} picked ${formatShape(picked!)} count ${count}`);
    return x!;
  },
  backward(node, dOut, wants, graph) {
    const layouts = node.inputs.slice(2);
    const apply = (op: Op, part: string) =>
      graph.apply(op, [dOut, ...layouts], node.attributes, `${node.name}.${part}`);
    return [
      wants[0] ? apply(clearPositions, 'dX') : null,
      wants[1] ? apply(takePositions, 'dPicked') : null,
      null,
      null,
    ];
  },
  reference({ inputs: [x, picked, , layout], attributes, cols, step, out }) {
    out.set(x!);
    forEachPicked(attributes, layout!, step.sequences, (index, row) =>
      copyRow(picked!, index, out, row, cols),
    );
  },
  flops: () => 0,
};

/** x, tokenLayout, layout → [tokens, N]: x with zeros at the positions. */
export const clearPositions: Op = {
  name: 'clearPositions',
  infer: ([x]) => x!,
  reference({ inputs: [x, , layout], attributes, cols, step, out }) {
    out.set(x!);
    forEachPicked(attributes, layout!, step.sequences, (_, row) => out.fill(0, row * cols, (row + 1) * cols));
  },
  flops: () => 0,
};

export function rowsAt(
  graph: GraphBuilder,
  x: Node,
  { tokenLayout, layout }: Layouts,
  at: Positions,
  name: string,
): Node {
  return graph.apply(takePositions, [x, tokenLayout, layout], { ...at }, name);
}

export function withRowsAt(
  graph: GraphBuilder,
  x: Node,
  picked: Node,
  { tokenLayout, layout }: Layouts,
  at: Positions,
  name: string,
): Node {
  return graph.apply(putPositions, [x, picked, tokenLayout, layout], { ...at }, name);
}
