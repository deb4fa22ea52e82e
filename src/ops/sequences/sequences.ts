/**
 * Between the rows of a batch and its sequences: sums and means over the rows of each sequence, the inverse repetition, and
 * a constant block of rows repeated for every sequence.
 *
 * x [tokens or P · B, N], layout u32 [B, 4] (first row, rows, keys, 0), tokenLayout u32 [tokens, 4]. The attribute `block`
 * is P, or 0 for token rows.
 */
import { invariant } from '../../errors';
import {
  formatShape,
  type GraphBuilder,
  type Node,
  type Rows,
  rowsPerSequence,
  rowTerms,
} from '../../graph/graph';
import type { Op } from '../../graph/op';

/** Rows of x for each sequence, 0 where x has token rows: the attribute `block`. */
export function blockOf({ shape }: Node): number {
  const { tokens, sequences, constant } = rowTerms(shape.rows);
  invariant(constant === 0 && (tokens === 0 || sequences === 0), `${formatShape(shape)} has no sequences`);
  return sequences;
}

/**
 * x, tokenLayout, layout → [B, N]: the sum over the rows of each sequence, padding rows included; with `mean` divided by
 * their number. AdapterHub's gates average over padded positions too.
 */
export const sequenceSum: Op = {
  name: 'sequenceSum',
  infer: ([x]) => ({ rows: 'sequences', cols: x!.cols }),
  backward: (node, dOut, _wants, graph) => [
    graph.apply(
      sequenceSpread,
      [dOut, ...node.inputs.slice(1)],
      { ...node.attributes, rows: node.inputs[0]!.shape.rows },
      `${node.name}.dX`,
    ),
    null,
    null,
  ],
  reference({ inputs: [x, tokenLayout, layout], inputShapes: [shape], attributes, cols, out }) {
    const place = placeOf(Number(attributes.block), tokenLayout!, layout!);
    for (let i = 0; i < shape![0]; i++) {
      const { sequence, rows } = place(i);
      for (let j = 0; j < cols; j++)
        out[sequence * cols + j]! += x![i * cols + j]! / (attributes.mean ? rows : 1);
    }
  },
  flops: ([x]) => x![0] * x![1],
};

/** dY [B, N], tokenLayout, layout → [rows, N]: every row gets its sequence's, with `mean` divided by the sequence's rows. */
export const sequenceSpread: Op = {
  name: 'sequenceSpread',
  infer: ([dY], { rows }) => ({ rows: rows as Rows, cols: dY!.cols }),
  reference({ inputs: [dY, tokenLayout, layout], attributes, rows, cols, out }) {
    const place = placeOf(Number(attributes.block), tokenLayout!, layout!);
    for (let i = 0; i < rows; i++) {
      const { sequence, rows: count } = place(i);
      for (let j = 0; j < cols; j++)
        out[i * cols + j] = dY![sequence * cols + j]! / (attributes.mean ? count : 1);
    }
  },
  flops: (_inputs, rows, cols) => rows * cols,
};

function placeOf(
  block: number,
  tokenLayout: ArrayLike<number>,
  layout: ArrayLike<number>,
): (row: number) => { readonly sequence: number; readonly rows: number } {
  if (block > 0) return (row) => ({ sequence: Math.floor(row / block), rows: block });
  return (row) => ({ sequence: tokenLayout[4 * row]!, rows: layout[4 * tokenLayout[4 * row]! + 1]! });
}

/** x [P, N] → [P · B, N]: the block once for every sequence. Backward: the sum over the sequences. */
export const repeatRows: Op = {
  name: 'repeatRows',
  infer([x]) {
    invariant(typeof x!.rows === 'number', `repeatRows: ${formatShape(x!)} is no constant block`);
    return { rows: rowsPerSequence(x!.rows), cols: x!.cols };
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(sumRepeats, [dOut], { rows: node.inputs[0]!.shape.rows }, `${node.name}.dX`),
  ],
  reference({ inputs: [x], out }) {
    for (let i = 0; i < out.length; i++) out[i] = x![i % x!.length]!;
  },
  flops: () => 0,
};

/** dY [P · B, N] → [P, N]: the sum over the sequences. */
export const sumRepeats: Op = {
  name: 'sumRepeats',
  infer: ([dY], { rows }) => ({ rows: Number(rows), cols: dY!.cols }),
  reference({ inputs: [dY], out }) {
    for (let i = 0; i < dY!.length; i++) out[i % out.length]! += dY![i]!;
  },
  flops: ([dY]) => dY![0] * dY![1],
};

export interface Layouts {
  readonly tokenLayout: Node;
  readonly layout: Node;
}

/** Mean over all rows of each sequence, padding included. */
export function meanOfSequences(
  graph: GraphBuilder,
  x: Node,
  { tokenLayout, layout }: Layouts,
  name: string,
): Node {
  return graph.apply(sequenceSum, [x, tokenLayout, layout], { mean: true, block: blockOf(x) }, name);
}

export function repeatForSequences(graph: GraphBuilder, x: Node, name: string): Node {
  return graph.apply(repeatRows, [x], {}, name);
}
