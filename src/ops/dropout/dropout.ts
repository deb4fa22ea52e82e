/**
 * Inverted dropout: y = x · keep / (1 − rate). The mask is a hash of (seed, micro-step, site, row in batch, position in
 * sequence, feature), so it is the same ragged or padded, in the backward, in every executor and after a resume.
 * Srivastava et al. 2014; scaled in training as `torch.nn.Dropout` does.
 *
 * x [M, N] → [M, N]. With token rows the second input is `tokenLayout` u32 [M, 4] (sequence, first row, …), which says
 * where a row stands; with sequence rows the row is the sequence and the position 0. The op is linear in x with a
 * symmetric (diagonal) matrix: its backward is itself.
 */
import type { GraphBuilder, Node } from '../../graph/graph';
import type { Op } from '../../graph/op';
import { dropThreshold, fold, maskKey, siteHash } from './rng';

export const dropout: Op = {
  name: 'dropout',
  infer: ([x]) => x!,
  backward: (node, dOut, _wants, graph) => [
    graph.apply(dropout, [dOut, ...node.inputs.slice(1)], node.attributes, `${node.name}.dX`),
    ...node.inputs.slice(1).map(() => null),
  ],
  reference({ inputs: [x, tokenLayout], attributes, rows, cols, step, out }) {
    const key = maskKey(step.seed, step.microStep, attributes.site as number);
    const threshold = dropThreshold(attributes.rate as number);
    const scale = 1 / (1 - (attributes.rate as number));
    for (let i = 0; i < rows; i++) {
      const sequence = tokenLayout ? tokenLayout[4 * i]! : i;
      const position = tokenLayout ? i - tokenLayout[4 * i + 1]! : 0;
      const rowKey = fold(fold(key, sequence), position);
      for (let j = 0; j < cols; j++) {
        const keep = fold(rowKey, j) >= threshold;
        out[i * cols + j] = keep ? x![i * cols + j]! * scale : 0;
      }
    }
  },
  flops: (_inputs, rows, cols) => rows * cols,
};

/** Drops with probability `rate` at the site with this stable name; a rate of 0 adds no node. */
export function drop(graph: GraphBuilder, x: Node, tokenLayout: Node, rate: number, site: string): Node {
  if (rate === 0) return x;
  const inputs = x.shape.rows === 'tokens' ? [x, tokenLayout] : [x];
  return graph.apply(dropout, inputs, { rate, site: siteHash(site) }, site);
}
