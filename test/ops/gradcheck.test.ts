/** Every op with a backward: its gradients against central differences of its own float64 definition. */
import { expect, it } from 'vitest';
import { grad } from '../../src/graph/grad';
import { GraphBuilder, type Node, type Rows, rowCount, tokensWithPrefix } from '../../src/graph/graph';
import type { Values } from '../../src/graph/op';
import { makeProgram } from '../../src/graph/program';
import { add } from '../../src/ops/add/add';
import { attend } from '../../src/ops/attention/attention';
import { linear, matmul } from '../../src/ops/gemm/gemm';
import { meanOfRows } from '../../src/ops/mean/mean';
import { interpret } from '../../src/runtime/reference/interpret';
import {
  activationCases,
  attentionCases,
  gemmCase,
  layerNormCases,
  methodCases,
  type OpCase,
  orthonormalCases,
  padded,
  ragged,
  smallCases,
} from './cases';
import { drawLeaves, stepOf } from './values';

const step = 1e-5;
/** Central differences of step h err by h² f‴ / 6 and by rounding / h: about 1e-9 here; 1e-6 catches any wrong term. */
const tolerance = 1e-6;

/** Scalar loss: the node's values weighted by a frozen random matrix, so that no gradient cancels. */
function lossOf(graph: GraphBuilder, value: Node): Node {
  const weights = graph.leaf('frozen', 'weights', { rows: value.shape.cols, cols: 1 });
  const rows = matmul(graph, value, weights, {}, 'weighted');
  const column = graph.leaf('frozen', 'rowWeights', { rows: value.shape.rows, cols: 1 });
  return value.shape.rows === 1 ? rows : matmul(graph, column, rows, { transposeA: true }, 'loss');
}

function check(
  graph: GraphBuilder,
  value: Node,
  batch: OpCase['batch'],
  leafValues: ReadonlyMap<string, Values>,
  names: readonly string[],
): void {
  const scalars = stepOf(batch);
  const loss = lossOf(graph, value);
  const seed = graph.leaf('input', 'one', { rows: 1, cols: 1 });
  const gradients = grad(graph, loss, seed, add);
  const program = makeProgram(graph, { loss }, gradients);
  const values = new Map(leafValues);
  values.set('one', Float64Array.of(1));
  values.set(
    'weights',
    Float64Array.from({ length: value.shape.cols }, (_, i) => Math.sin(3 * i + 1)),
  );
  values.set(
    'rowWeights',
    Float64Array.from({ length: rowCount(value.shape.rows, scalars) }, (_, i) => Math.cos(2 * i + 1)),
  );
  const run = () => interpret(program, (name) => values.get(name), scalars);
  const analytical = new Map(
    [...program.gradients].map(([name, node]) => [name, Float64Array.from(run().get(node)!)]),
  );
  for (const name of names) {
    const exact = analytical.get(name);
    expect(exact, `gradient of ${name}`).toBeDefined();
    const leaf = values.get(name) as Float64Array;
    const largest = Math.max(1e-3, ...Array.from(exact!, Math.abs));
    for (let i = 0; i < leaf.length; i += Math.max(1, Math.floor(leaf.length / 40))) {
      const before = leaf[i]!;
      leaf[i] = before + step;
      const above = run().get(loss)![0]!;
      leaf[i] = before - step;
      const below = run().get(loss)![0]!;
      leaf[i] = before;
      const numerical = (above - below) / (2 * step);
      expect(
        Math.abs(numerical - exact![i]!) / largest,
        `${name}[${i}]: ${exact![i]} against ${numerical}`,
      ).toBeLessThan(tolerance);
    }
  }
}

/** The same node again in a graph of its own, on trainable leaves. */
function checkCase(opCase: OpCase): void {
  const graph = new GraphBuilder();
  const leaves = opCase.leaves.map(([leaf]) => graph.leaf(leaf.kind, leaf.name, leaf.shape, leaf.dtype));
  const node = graph.apply(opCase.node.op, leaves, opCase.node.attributes, opCase.node.op.name);
  const drawn = drawLeaves(opCase, 11);
  const values = new Map(leaves.map((leaf, i) => [leaf.name, drawn[i]!]));
  check(
    graph,
    node,
    opCase.batch,
    values,
    leaves.filter((leaf) => leaf.kind === 'trainable').map((leaf) => leaf.name),
  );
}

const batch = ragged(3, 1, 4);
const withBackward = (cases: readonly OpCase[]) =>
  cases.filter(
    ({ node }) => node.op.backward && node.op.name !== 'attention' && node.op.name !== 'attentionLse',
  );

const cases: readonly OpCase[] = [
  gemmCase(batch, ['tokens', 5, 3], { tb: true, bias: true }),
  gemmCase(batch, ['tokens', 5, 3], { alpha: 0.5, addend: true }),
  gemmCase(batch, [4, 'tokens', 3], { ta: true }),
  gemmCase(batch, [4, 6, 3], { ta: true, tb: true, bias: true, addend: true }),
  ...withBackward(smallCases(batch, 4)),
  // Kinks of relu and leaky relu lie at 0; the drawn values keep away from it by more than the step.
  ...withBackward(activationCases(batch, 6)),
  ...withBackward(methodCases(batch, 3)),
  ...withBackward(methodCases(padded(5, 2, 5, 1), 2)),
  ...withBackward([
    ...orthonormalCases(batch, 3, 7),
    ...orthonormalCases(batch, 1, 4),
    ...orthonormalCases(batch, 4, 4),
  ]),
];

it.each(cases.map((c) => [c.name, c] as const))('%s', (_, c) => checkCase(c));

it.each(
  layerNormCases(batch, 7)
    .filter(({ node }) => node.op.name === 'layerNorm')
    .map((c) => [c.name, c] as const),
)('%s', (_, c) => checkCase(c));

it.each([
  { shape: batch, rate: 0, prefix: 0 },
  { shape: batch, rate: 0.4, prefix: 0 },
  { shape: padded(5, 2, 5, 1), rate: 0, prefix: 0 },
  { shape: padded(5, 2, 5, 1), rate: 0.4, prefix: 0 },
  { shape: batch, rate: 0.4, prefix: 2 },
  { shape: padded(5, 2, 5, 1), rate: 0, prefix: 3 },
])(
  'attention with its log-sum-exp, $shape.name, dropout $rate, prefix $prefix',
  ({ shape, rate, prefix }) => {
    // As a model uses it, so that the gradient through lse is checked with it.
    const [opCase] = attentionCases(shape, 2, 3, rate, 1, prefix).filter(
      ({ node }) => node.op.name === 'attentionGradValue',
    );
    const graph = new GraphBuilder();
    const leaf = (name: string, rows: Rows = tokensWithPrefix(prefix)) =>
      graph.leaf('trainable', name, { rows, cols: 6 });
    const tokenLayout = graph.leaf('input', 'tokenLayout', { rows: 'tokens', cols: 4 }, 'u32');
    const [q, k, v] = [leaf('q', 'tokens'), leaf('k'), leaf('v')];
    const out = attend(graph, { q, k, v, tokenLayout, prefix }, 2, rate, 'test');
    const drawn = drawLeaves(opCase!, 3);
    const values = new Map<string, Values>([
      ['q', drawn[0]!],
      ['k', drawn[1]!],
      ['v', Float64Array.from(drawn[1]!, (value) => Math.cos(9 * value))],
      ['tokenLayout', drawn[4]!],
    ]);
    check(graph, out, shape, values, ['q', 'k', 'v']);
  },
);

it('sums the gradients of a value that is used twice', () => {
  const graph = new GraphBuilder();
  const x = graph.leaf('trainable', 'x', { rows: 'tokens', cols: 3 });
  const w = graph.leaf('trainable', 'w', { rows: 3, cols: 3 });
  const y = linear(graph, x, w, undefined, 'once');
  const twice = linear(graph, y, w, undefined, 'twice');
  const drawn = drawLeaves(gemmCase(batch, ['tokens', 3, 3], { tb: true }), 9);
  check(
    graph,
    twice,
    batch,
    new Map([
      ['x', drawn[0]!],
      ['w', drawn[1]!],
    ]),
    ['x', 'w'],
  );
});

it('makes no gradient nodes below the lowest trainable leaf', () => {
  const graph = new GraphBuilder();
  const x = graph.leaf('input', 'x', { rows: 'tokens', cols: 3 });
  const frozen = graph.leaf('frozen', 'frozen', { rows: 3, cols: 3 });
  const trainable = graph.leaf('trainable', 'trainable', { rows: 1, cols: 3 });
  const below = linear(graph, x, frozen, undefined, 'below');
  const above = linear(graph, below, trainable, undefined, 'above');
  const before = graph.nodes.length;
  const loss = matmul(
    graph,
    graph.leaf('frozen', 'c', { rows: 'tokens', cols: 1 }),
    above,
    { transposeA: true },
    'loss',
  );
  const gradients = grad(
    graph,
    meanOfRows(graph, loss, 'mean'),
    graph.leaf('input', 'one', { rows: 1, cols: 1 }),
    add,
  );
  expect([...gradients.keys()].map((leaf) => leaf.name)).toEqual(['trainable']);
  expect(graph.nodes.slice(before).some((node) => node.name.startsWith('below'))).toBe(false);
});
