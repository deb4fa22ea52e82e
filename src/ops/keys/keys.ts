/**
 * Rows in front of the tokens of each sequence, as prefix tuning puts them in front of keys and values: joined into one
 * matrix that attention reads, and parted again for the gradients.
 *
 * prefix [P · B, N] and x with Q rows in front of each sequence's tokens already → P + Q rows in front; the new ones come
 * first. tokenLayout u32 [tokens, 4], layout u32 [B, 4]. Key rows of sequence s begin at (its first token row) + s · (P + Q).
 */
import { invariant } from '../../errors';
import {
  formatShape,
  type GraphBuilder,
  type Node,
  rowsPerSequence,
  rowTerms,
  tokensWithPrefix,
} from '../../graph/graph';
import type { Op } from '../../graph/op';
import type { Layouts } from '../sequences/sequences';

/** Calls `use` for each sequence with its first rows in the joined matrix, in the prefix and in x. */
function forEachSequence(
  layout: ArrayLike<number>,
  sequences: number,
  prefix: number,
  before: number,
  use: (at: { joined: number; prefix: number; x: number; xRows: number }) => void,
): void {
  for (let s = 0; s < sequences; s++) {
    const [first, rows] = [layout[4 * s]!, layout[4 * s + 1]!];
    use({
      joined: first + s * (prefix + before),
      prefix: s * prefix,
      x: first + s * before,
      xRows: rows + before,
    });
  }
}

const copyRows = (
  from: ArrayLike<number>,
  fromRow: number,
  to: Float64Array,
  toRow: number,
  rows: number,
  cols: number,
) => {
  for (let i = 0; i < rows * cols; i++) to[toRow * cols + i] = from[fromRow * cols + i]!;
};

/** prefix, x, tokenLayout, layout → joined. Attributes: `prefix` P, `before` Q. */
export const joinKeys: Op = {
  name: 'joinKeys',
  infer([prefix, x], { prefix: p, before }) {
    const fits =
      prefix!.rows === rowsPerSequence(Number(p)) &&
      x!.rows === tokensWithPrefix(Number(before)) &&
      prefix!.cols === x!.cols;
    invariant(fits, `joinKeys: prefix ${formatShape(prefix!)} x ${formatShape(x!)}, ${p} and ${before} rows`);
    return { rows: tokensWithPrefix(Number(p) + Number(before)), cols: x!.cols };
  },
  backward(node, dOut, wants, graph) {
    const layouts = node.inputs.slice(2);
    const part = (op: Op, name: string) =>
      graph.apply(op, [dOut, ...layouts], node.attributes, `${node.name}.${name}`);
    return [
      wants[0] ? part(takePrefix, 'dPrefix') : null,
      wants[1] ? part(takeTokens, 'dX') : null,
      null,
      null,
    ];
  },
  reference({ inputs: [prefix, x, , layout], attributes, cols, step, out }) {
    const [p, before] = [Number(attributes.prefix), Number(attributes.before)];
    forEachSequence(layout!, step.sequences, p, before, (at) => {
      copyRows(prefix!, at.prefix, out, at.joined, p, cols);
      copyRows(x!, at.x, out, at.joined + p, at.xRows, cols);
    });
  },
  flops: () => 0,
};

/** joined, tokenLayout, layout → its first P rows of each sequence, [P · B, N]. */
export const takePrefix: Op = {
  name: 'takePrefix',
  infer: ([joined], { prefix }) => ({ rows: rowsPerSequence(Number(prefix)), cols: joined!.cols }),
  reference({ inputs: [joined, , layout], attributes, cols, step, out }) {
    const [p, before] = [Number(attributes.prefix), Number(attributes.before)];
    forEachSequence(layout!, step.sequences, p, before, (at) =>
      copyRows(joined!, at.joined, out, at.prefix, p, cols),
    );
  },
  flops: () => 0,
};

/** joined, tokenLayout, layout → the rows after the first P of each sequence. */
export const takeTokens: Op = {
  name: 'takeTokens',
  infer: ([joined], { before }) => ({ rows: tokensWithPrefix(Number(before)), cols: joined!.cols }),
  reference({ inputs: [joined, , layout], attributes, cols, step, out }) {
    const [p, before] = [Number(attributes.prefix), Number(attributes.before)];
    forEachSequence(layout!, step.sequences, p, before, (at) =>
      copyRows(joined!, at.joined + p, out, at.x, at.xRows, cols),
    );
  },
  flops: () => 0,
};

/** Puts prefix [P · B, N] in front of x, which may have prefixes in front of its tokens already. */
export function withPrefix(
  graph: GraphBuilder,
  prefix: Node,
  x: Node,
  { tokenLayout, layout }: Layouts,
  name: string,
): Node {
  const attributes = {
    prefix: rowTerms(prefix.shape.rows).sequences,
    before: rowTerms(x.shape.rows).sequences,
  };
  return graph.apply(joinKeys, [prefix, x, tokenLayout, layout], attributes, name);
}
