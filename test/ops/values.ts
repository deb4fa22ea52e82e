/** Values of a case's leaves, drawn from a seed, and its reference result. */

import { Mt19937 } from '../../src/data/random';
import { rowCount } from '../../src/graph/graph';
import type { StepScalars, Values } from '../../src/graph/op';
import type { BatchShape, Fill, OpCase } from './cases';

const scalars = { seed: 42, microStep: 7 };

export function stepOf({ rows }: BatchShape): StepScalars {
  return { tokens: rows.reduce((sum, n) => sum + n, 0), sequences: rows.length, ...scalars };
}

/** The batch's tables, as kernels read them. */
export function layouts({ keys, rows }: BatchShape): {
  readonly layout: Uint32Array;
  readonly tokenLayout: Uint32Array;
} {
  const layout: number[] = [];
  const tokenLayout: number[] = [];
  let first = 0;
  rows.forEach((count, sequence) => {
    layout.push(first, count, keys[sequence]!, 0);
    for (let i = 0; i < count; i++) tokenLayout.push(sequence, first, count, keys[sequence]!);
    first += count;
  });
  return { layout: Uint32Array.from(layout), tokenLayout: Uint32Array.from(tokenLayout) };
}

/** Float leaves hold float32 numbers, so that the GPU gets exactly what the reference gets. */
export function drawLeaves(opCase: OpCase, seed: number): Values[] {
  const generator = new Mt19937(seed);
  const uniform = () => (generator.random32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const { layout, tokenLayout } = layouts(opCase.batch);
  const step = stepOf(opCase.batch);
  return opCase.leaves.map(([leaf, fill]): Values => {
    if (fill === 'layout') return layout;
    if (fill === 'tokenLayout') return tokenLayout;
    const length = rowCount(leaf.shape.rows, step) * leaf.shape.cols;
    if (fill === 'ids' || fill === 'order' || fill === 'starts')
      return sortedIds(step.tokens, opCase.classes)[fill];
    if (fill === 'labels') return Uint32Array.from({ length }, () => generator.random32() % opCase.classes);
    return Float64Array.from({ length }, (_, i) => Math.fround(drawValue(fill, i, normal)));
  });
}

/** Ids of the token rows as a batch brings them to `gather`. */
function sortedIds(tokens: number, vocabulary: number) {
  const ids = Uint32Array.from({ length: tokens }, (_, i) => (7 * i + 3 * (i % 2)) % vocabulary);
  const order = Uint32Array.from({ length: tokens }, (_, i) => i).sort((a, b) => ids[a]! - ids[b]! || a - b);
  const starts = Uint32Array.from({ length: vocabulary + 1 }, (_, v) => ids.filter((id) => id < v).length);
  return { ids, order, starts };
}

function drawValue(fill: Exclude<Fill, string>, i: number, normal: () => number): number {
  return typeof fill === 'function' ? fill(i) : fill * normal();
}

/** The node's value by its float64 definition; lse inputs of attention are made consistent first. */
export function reference(opCase: OpCase, leaves: readonly Values[]): Float64Array {
  const step = stepOf(opCase.batch);
  const { node } = opCase;
  const rows = rowCount(node.shape.rows, step);
  const out = new Float64Array(rows * node.shape.cols);
  node.op.reference({
    inputs: leaves,
    inputShapes: node.inputs.map(({ shape }) => [rowCount(shape.rows, step), shape.cols] as const),
    attributes: node.attributes,
    rows,
    cols: node.shape.cols,
    step,
    out,
  });
  return out;
}

/** Attention's third float input is a log-sum-exp: random numbers there would make probabilities of e³⁰. */
export function withConsistentLse(opCase: OpCase, leaves: Values[]): Values[] {
  const place = { attention: 3, attentionGradQuery: 3, attentionGradKey: 3, attentionGradValue: 2 }[
    opCase.node.op.name
  ];
  if (place === undefined) return leaves;
  const [q, k] = leaves as [Float64Array, Float64Array];
  const tokenLayout = leaves.at(-1) as Uint32Array;
  const heads = Number(opCase.node.attributes.heads);
  const prefix = Number(opCase.node.attributes.prefix);
  const width = opCase.node.inputs[0]!.shape.cols;
  const size = width / heads;
  const lse = new Float64Array((tokenLayout.length / 4) * heads);
  for (let i = 0; i < tokenLayout.length / 4; i++) {
    for (let h = 0; h < heads; h++) {
      let max = Number.NEGATIVE_INFINITY;
      const scores = Array.from({ length: tokenLayout[4 * i + 3]! + prefix }, (_, key) => {
        const j = tokenLayout[4 * i + 1]! + tokenLayout[4 * i]! * prefix + key;
        let score = 0;
        for (let d = 0; d < size; d++) score += q[i * width + h * size + d]! * k[j * width + h * size + d]!;
        max = Math.max(max, score / Math.sqrt(size));
        return score / Math.sqrt(size);
      });
      lse[i * heads + h] = Math.fround(max + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - max), 0)));
    }
  }
  return leaves.map((values, i) => (i === place ? lse : values));
}
