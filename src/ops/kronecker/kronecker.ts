/**
 * Parametrised hypercomplex multiplication (Zhang et al. 2021, arXiv:2102.08597), the linear map of Compacter (Mahabadi et
 * al. 2021, arXiv:2106.04647): H = Σ_t kron(rule_t, W_t), often with W_t = left_t · right_t.
 *
 * Blocks t = 0 … p − 1 lie one below another: rule [p · a, b], W [p · c, d] → H [a · c, b · d],
 *   H[i c + u, j d + v] = Σ_t rule_t[i, j] W_t[u, v].
 * Backward: dRule_t[i, j] = Σ_uv dH[i c + u, j d + v] W_t[u, v];  dW_t[u, v] = Σ_ij dH[i c + u, j d + v] rule_t[i, j].
 */
import { invariant } from '../../errors';
import { type Attributes, formatShape, type GraphBuilder, type Node, type Shape } from '../../graph/graph';
import type { Op, ReferenceCall } from '../../graph/op';

const blockRows = ({ rows }: Shape, blocks: number) => Number(rows) / blocks;

export const kroneckerSum: Op = {
  name: 'kroneckerSum',
  infer([rule, weight], { blocks }) {
    const [a, c] = [blockRows(rule!, Number(blocks)), blockRows(weight!, Number(blocks))];
    const whole = Number.isInteger(a) && Number.isInteger(c);
    invariant(
      whole,
      `kroneckerSum: rule ${formatShape(rule!)} weight ${formatShape(weight!)} blocks ${blocks}`,
    );
    return { rows: a * c, cols: rule!.cols * weight!.cols };
  },
  backward(node, dOut, wants, graph) {
    const [rule, weight] = node.inputs as [Node, Node];
    const apply = (op: Op, other: Node, like: Node, part: string) =>
      graph.apply(
        op,
        [dOut, other],
        { ...node.attributes, rows: like.shape.rows, cols: like.shape.cols },
        `${node.name}.${part}`,
      );
    return [
      wants[0] ? apply(kroneckerGradRule, weight, rule, 'dRule') : null,
      wants[1] ? apply(kroneckerGradWeight, rule, weight, 'dWeight') : null,
    ];
  },
  reference(call) {
    const { inputs, inputShapes, attributes } = call;
    forEachTerm(inputShapes[0]!, inputShapes[1]!, attributes, ({ ofRule, ofWeight, ofSum }) => {
      call.out[ofSum]! += inputs[0]![ofRule]! * inputs[1]![ofWeight]!;
    });
  },
  flops: (_inputs, rows, cols) => 8 * rows * cols,
};

/** dH [a · c, b · d], W [p · c, d] → dRule [p · a, b]. */
export const kroneckerGradRule: Op = {
  name: 'kroneckerGradRule',
  infer: (_inputs, { rows, cols }) => ({ rows: Number(rows), cols: Number(cols) }),
  reference({ inputs: [dH, weight], inputShapes, attributes, rows, cols, out }: ReferenceCall) {
    forEachTerm([rows, cols], inputShapes[1]!, attributes, ({ ofRule, ofWeight, ofSum }) => {
      out[ofRule]! += dH![ofSum]! * weight![ofWeight]!;
    });
  },
  flops: ([dH]) => 8 * dH![0] * dH![1],
};

/** dH [a · c, b · d], rule [p · a, b] → dW [p · c, d]. */
export const kroneckerGradWeight: Op = {
  name: 'kroneckerGradWeight',
  infer: (_inputs, { rows, cols }) => ({ rows: Number(rows), cols: Number(cols) }),
  reference({ inputs: [dH, rule], inputShapes, attributes, rows, cols, out }: ReferenceCall) {
    forEachTerm(inputShapes[1]!, [rows, cols], attributes, ({ ofRule, ofWeight, ofSum }) => {
      out[ofWeight]! += dH![ofSum]! * rule![ofRule]!;
    });
  },
  flops: ([dH]) => 8 * dH![0] * dH![1],
};

interface Term {
  readonly ofRule: number;
  readonly ofWeight: number;
  readonly ofSum: number;
}

/** Every product of the sum, by flat indices. */
function forEachTerm(
  [ruleRows, b]: readonly [number, number],
  [weightRows, d]: readonly [number, number],
  { blocks }: Attributes,
  use: (term: Term) => void,
): void {
  const p = Number(blocks);
  const [a, c] = [ruleRows / p, weightRows / p];
  for (let t = 0; t < p; t++)
    for (let i = 0; i < a; i++)
      for (let j = 0; j < b; j++)
        for (let u = 0; u < c; u++)
          for (let v = 0; v < d; v++)
            use({
              ofRule: (t * a + i) * b + j,
              ofWeight: (t * c + u) * d + v,
              ofSum: (i * c + u) * b * d + j * d + v,
            });
}

/**
 * One product for each block (torch's `bmm`): `out_t = op(a_t) · op(b_t)`, blocks one below another; `transposeA` and
 * `transposeB` transpose within a block. a_t [m, k], b_t [k, n] → [p · m, n].
 */
export const blockMatmul: Op = {
  name: 'blockMatmul',
  infer([a, b], { blocks, transposeA, transposeB }) {
    const p = Number(blocks);
    const [m, ka] = transposeA ? [a!.cols, blockRows(a!, p)] : [blockRows(a!, p), a!.cols];
    const [kb, n] = transposeB ? [b!.cols, blockRows(b!, p)] : [blockRows(b!, p), b!.cols];
    invariant(ka === kb, `blockMatmul: a ${formatShape(a!)} b ${formatShape(b!)} blocks ${blocks}`);
    return { rows: p * m, cols: n };
  },
  backward(node, dOut, wants, graph) {
    const { blocks, transposeA, transposeB } = node.attributes as {
      blocks: number;
      transposeA: boolean;
      transposeB: boolean;
    };
    const [a, b] = node.inputs as [Node, Node];
    const product = (x: Node, y: Node, ta: boolean, tb: boolean, part: string) =>
      graph.apply(blockMatmul, [x, y], { blocks, transposeA: ta, transposeB: tb }, `${node.name}.${part}`);
    // As in gemm: dA = dOut · op(b)ᵀ and dB = op(a)ᵀ · dOut, transposed again where the input itself was.
    const dA = () =>
      transposeA ? product(b, dOut, transposeB, true, 'dA') : product(dOut, b, false, !transposeB, 'dA');
    const dB = () =>
      transposeB ? product(dOut, a, true, transposeA, 'dB') : product(a, dOut, !transposeA, false, 'dB');
    return [wants[0] ? dA() : null, wants[1] ? dB() : null];
  },
  reference({ inputs: [a, b], inputShapes, attributes, rows, cols, out }) {
    const p = Number(attributes.blocks);
    const [[aRows, aCols], [bRows, bCols]] = inputShapes as [
      readonly [number, number],
      readonly [number, number],
    ];
    const [ma, mb, m] = [aRows / p, bRows / p, rows / p];
    const inner = attributes.transposeA ? ma : aCols;
    for (let t = 0; t < p; t++)
      for (let i = 0; i < m; i++)
        for (let j = 0; j < cols; j++)
          for (let k = 0; k < inner; k++) {
            const left = attributes.transposeA
              ? a![(t * ma + k) * aCols + i]!
              : a![(t * ma + i) * aCols + k]!;
            const right = attributes.transposeB
              ? b![(t * mb + j) * bCols + k]!
              : b![(t * mb + k) * bCols + j]!;
            out[(t * m + i) * cols + j]! += left * right;
          }
  },
  flops: ([a], _rows, cols, _extents) => 2 * cols * a![0] * a![1],
};

export function sumOfKroneckerProducts(
  graph: GraphBuilder,
  rule: Node,
  weight: Node,
  blocks: number,
  name: string,
): Node {
  return graph.apply(kroneckerSum, [rule, weight], { blocks }, name);
}

export function multiplyBlocks(graph: GraphBuilder, a: Node, b: Node, blocks: number, name: string): Node {
  return graph.apply(blockMatmul, [a, b], { blocks, transposeA: false, transposeB: false }, name);
}
