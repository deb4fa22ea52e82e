/** Every op with a backward: its gradients against central differences of its own float64 definition. */
import { expect, it } from 'vitest';
import { grad } from '../../src/graph/grad';
import { GraphBuilder, type Node, rowCount } from '../../src/graph/graph';
import type { Values } from '../../src/graph/op';
import { makeProgram } from '../../src/graph/program';
import { add } from '../../src/ops/add/add';
import { linear, matmul } from '../../src/ops/gemm/gemm';
import { meanOfRows } from '../../src/ops/mean/mean';
import { interpret } from '../../src/runtime/reference/interpret';
import { gemmCase, type OpCase, ragged } from './cases';
import { gradientCases } from './gradient-cases';
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

const trainableNames = (graph: GraphBuilder) =>
  graph.leaves.filter(({ kind }) => kind === 'trainable').map(({ name }) => name);

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

it.each(gradientCases.map((c) => [c.name, c] as const))('%s', (_, c) =>
  check(c.graph, c.value, c.batch, c.leafValues, trainableNames(c.graph)),
);

const batch = ragged(3, 1, 4);

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
