/**
 * A rectangle of a matrix and its inverse: x [R, C] → rows `rowStart` … and columns `colStart` … of it. Halves of an
 * invertible block, the layers' parts of a prefix, the columns of fusion scores.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node, type Rows } from '../../graph/graph';
import type { Op } from '../../graph/op';

/** x → [rows, cols] from (rowStart, colStart). */
export const slice: Op = {
  name: 'slice',
  infer([x], { rowStart, rows, colStart, cols }) {
    const rowsFit =
      typeof x!.rows === 'number' && typeof rows === 'number'
        ? Number(rowStart) + rows <= x!.rows
        : rowStart === 0 && rows === x!.rows;
    const fits = (rowsFit || typeof rows === 'number') && Number(colStart) + Number(cols) <= x!.cols;
    invariant(fits, `slice: [${rows}, ${cols}] from (${rowStart}, ${colStart}) of ${formatShape(x!)}`);
    return { rows: rows as Rows, cols: Number(cols) };
  },
  backward(node, dOut, _wants, graph) {
    const { rowStart, colStart } = node.attributes as { rowStart: number; colStart: number };
    const { rows, cols } = node.inputs[0]!.shape;
    return [graph.apply(place, [dOut], { rowStart, colStart, rows, cols }, `${node.name}.dX`)];
  },
  reference({ inputs: [x], inputShapes: [shape], attributes, rows, cols, out }) {
    const { rowStart, colStart } = attributes as { rowStart: number; colStart: number };
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) out[i * cols + j] = x![(rowStart + i) * shape![1] + colStart + j]!;
  },
  flops: () => 0,
};

/** x → [rows, cols], zero but for x at (rowStart, colStart). */
export const place: Op = {
  name: 'place',
  infer: (_inputs, { rows, cols }) => ({ rows: rows as Rows, cols: Number(cols) }),
  backward(node, dOut, _wants, graph) {
    const { rowStart, colStart } = node.attributes as { rowStart: number; colStart: number };
    const { rows, cols } = node.inputs[0]!.shape;
    return [graph.apply(slice, [dOut], { rowStart, colStart, rows, cols }, `${node.name}.dX`)];
  },
  reference({ inputs: [x], inputShapes: [shape], attributes, cols, out }) {
    const { rowStart, colStart } = attributes as { rowStart: number; colStart: number };
    const [sourceRows, sourceCols] = shape!;
    for (let i = 0; i < sourceRows; i++)
      for (let j = 0; j < sourceCols; j++)
        out[(rowStart + i) * cols + colStart + j] = x![i * sourceCols + j]!;
  },
  flops: () => 0,
};

/** Columns [start, start + count) of x. */
export function columnsOf(graph: GraphBuilder, x: Node, start: number, count: number, name: string): Node {
  const attributes = { rowStart: 0, rows: x.shape.rows, colStart: start, cols: count };
  return graph.apply(slice, [x], attributes, name);
}

/** Rows [start, start + count) of x. The batch must have them where x has rows of the batch. */
export function rowsOf(graph: GraphBuilder, x: Node, start: number, count: number, name: string): Node {
  return graph.apply(slice, [x], { rowStart: start, rows: count, colStart: 0, cols: x.shape.cols }, name);
}

/** Puts x at column `start` of an otherwise zero matrix of `cols` columns. */
export function placeColumns(graph: GraphBuilder, x: Node, start: number, cols: number, name: string): Node {
  return graph.apply(place, [x], { rowStart: 0, colStart: start, rows: x.shape.rows, cols }, name);
}
