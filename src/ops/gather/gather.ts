/**
 * Rows of an embedding table by id: table [V, N], ids u32 [tokens, 1] → [tokens, N]. Only where the table trains; a frozen
 * one is gathered on the CPU (`models/embedding.ts`).
 *
 * For the gradient, the batch brings its ids sorted: `order` u32 [tokens, 1], the token rows by ascending id, and `starts`
 * u32 [V + 1, 1], where each id's run begins in it. dTable_v = Σ dY over the rows with id v, in the order of the rows.
 * As torch's `padding_idx`, the row `padding` has no gradient.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

export const gather: Op = {
  name: 'gather',
  infer([table, ids, order, starts]) {
    const fits = ids!.cols === 1 && order!.rows === ids!.rows && starts!.rows === Number(table!.rows) + 1;
    invariant(
      fits,
      `gather: table ${formatShape(table!)} ids ${formatShape(ids!)} starts ${formatShape(starts!)}`,
    );
    return { rows: ids!.rows, cols: table!.cols };
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(
      gatherGrad,
      [dOut, node.inputs[2]!, node.inputs[3]!],
      { ...node.attributes, rows: node.inputs[0]!.shape.rows },
      `${node.name}.dTable`,
    ),
    null,
    null,
    null,
  ],
  reference({ inputs: [table, ids], rows, cols, out }) {
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < cols; j++) out[i * cols + j] = table![ids![i]! * cols + j]!;
  },
  flops: () => 0,
};

/** dY [tokens, N], order, starts → dTable [V, N]. */
export const gatherGrad: Op = {
  name: 'gatherGrad',
  infer: ([dY], { rows }) => ({ rows: Number(rows), cols: dY!.cols }),
  reference({ inputs: [dY, order, starts], attributes, rows, cols, out }) {
    for (let v = 0; v < rows; v++) {
      if (v === attributes.padding) continue;
      for (let at = starts![v]!; at < starts![v + 1]!; at++)
        for (let j = 0; j < cols; j++) out[v * cols + j]! += dY![order![at]! * cols + j]!;
    }
  },
  flops: ([dY]) => dY![0] * dY![1],
};

export interface GatherIds {
  readonly ids: Node;
  readonly order: Node;
  readonly starts: Node;
}

/** `padding` −1: every row has a gradient. */
export function gatherRows(
  graph: GraphBuilder,
  table: Node,
  { ids, order, starts }: GatherIds,
  padding: number,
  name: string,
): Node {
  return graph.apply(gather, [table, ids, order, starts], { padding }, name);
}
