/** What gradcheck differentiates: every op that has a backward, on trainable leaves. */
import { GraphBuilder, type Node, type Rows, tokensWithPrefix } from '../../src/graph/graph';
import type { Values } from '../../src/graph/op';
import { attend } from '../../src/ops/attention/attention';
import {
  activationCases,
  attentionCases,
  type BatchShape,
  gemmCase,
  layerNormCases,
  methodCases,
  type OpCase,
  orthonormalCases,
  padded,
  ragged,
  smallCases,
} from './cases';
import { drawLeaves } from './values';

export interface GradientCase {
  readonly name: string;
  readonly batch: BatchShape;
  /** Holds nothing but what `value` is computed by. */
  readonly graph: GraphBuilder;
  readonly value: Node;
  /** Of every leaf; the gradients of the trainable ones are checked. */
  readonly leafValues: ReadonlyMap<string, Values>;
}

/** The case's node again in a graph of its own. */
function ofOp(opCase: OpCase): GradientCase {
  const { name, batch, node } = opCase;
  const graph = new GraphBuilder();
  const leaves = opCase.leaves.map(([leaf]) => graph.leaf(leaf.kind, leaf.name, leaf.shape, leaf.dtype));
  const drawn = drawLeaves(opCase, 11);
  return {
    name,
    batch,
    graph,
    value: graph.apply(node.op, leaves, node.attributes, node.op.name),
    leafValues: new Map(leaves.map((leaf, i) => [leaf.name, drawn[i]!])),
  };
}

interface AttentionShape {
  readonly batch: BatchShape;
  readonly rate: number;
  readonly prefix: number;
}

/** As a model uses it, so that the gradient through the log-sum-exp is checked with it. */
function ofAttention({ batch, rate, prefix }: AttentionShape): GradientCase {
  const [opCase] = attentionCases(batch, 2, 3, rate, 1, prefix).filter(
    ({ node }) => node.op.name === 'attentionGradValue',
  );
  const graph = new GraphBuilder();
  const leaf = (name: string, rows: Rows = tokensWithPrefix(prefix)) =>
    graph.leaf('trainable', name, { rows, cols: 6 });
  const tokenLayout = graph.leaf('input', 'tokenLayout', { rows: 'tokens', cols: 4 }, 'u32');
  const [q, k, v] = [leaf('q', 'tokens'), leaf('k'), leaf('v')];
  const drawn = drawLeaves(opCase!, 3);
  return {
    name: `attention with its log-sum-exp, ${batch.name}, dropout ${rate}, prefix ${prefix}`,
    batch,
    graph,
    value: attend(graph, { q, k, v, tokenLayout, prefix }, 2, rate, 'test'),
    leafValues: new Map<string, Values>([
      ['q', drawn[0]!],
      ['k', drawn[1]!],
      ['v', Float64Array.from(drawn[1]!, (value) => Math.cos(9 * value))],
      ['tokenLayout', drawn[4]!],
    ]),
  };
}

const batch = ragged(3, 1, 4);
const even = padded(5, 2, 5, 1);

const opCases: readonly OpCase[] = [
  gemmCase(batch, ['tokens', 5, 3], { tb: true, bias: true }),
  gemmCase(batch, ['tokens', 5, 3], { alpha: 0.5, addend: true }),
  gemmCase(batch, [4, 'tokens', 3], { ta: true }),
  gemmCase(batch, [4, 6, 3], { ta: true, tb: true, bias: true, addend: true }),
  ...smallCases(batch, 4),
  // Kinks of relu and leaky relu lie at 0; the drawn values keep away from it by more than the step.
  ...activationCases(batch, 6),
  ...methodCases(batch, 3),
  ...methodCases(even, 2),
  ...orthonormalCases(batch, 3, 7),
  ...orthonormalCases(batch, 1, 4),
  ...orthonormalCases(batch, 4, 4),
  ...layerNormCases(batch, 7),
];

export const gradientCases: readonly GradientCase[] = [
  ...opCases.filter(({ node }) => node.op.backward).map(ofOp),
  ...[
    { batch, rate: 0, prefix: 0 },
    { batch, rate: 0.4, prefix: 0 },
    { batch: even, rate: 0, prefix: 0 },
    { batch: even, rate: 0.4, prefix: 0 },
    { batch, rate: 0.4, prefix: 2 },
    { batch: even, rate: 0, prefix: 3 },
  ].map(ofAttention),
];
