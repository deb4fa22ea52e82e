/**
 * Columns of a product of Householder reflections, the orthonormal projection of LoReFT (`torch.nn.utils.parametrizations
 * .orthogonal` with `householder`): original [r, H] → Qᵀ [r, H].
 *
 * X = originalᵀ [H, r]; v_i is 0 above i, 1 at i and X[j, i] below; P_i = I − τ_i v_i v_iᵀ with τ_i = 2 / v_iᵀ v_i. Row k of the
 * result is trunc(X[k, k]) · P_0 P_1 … P_{r−1} e_k. The reference casts the diagonal to an integer, so it has no gradient; at
 * the start it is −1.
 *
 * Backward, reflection by reflection from the left, with q_k the columns before and g_k their gradients: since P_i is its own
 * inverse, q ← P_i q undoes it, and with s_k = v·q_k (after undoing) and w_k = g_k·v:
 *   dV_i = τ² (Σ_k s_k w_k) v − τ Σ_k (g_k s_k + q_k w_k), of which the entries below i count;  g ← P_i g.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';

type Vector = Float64Array;

/** v_i, 0 above i. */
function reflector(original: ArrayLike<number>, i: number, size: number): Vector {
  return Float64Array.from({ length: size }, (_, j) => (j < i ? 0 : j === i ? 1 : original[i * size + j]!));
}

const dot = (a: Vector, b: Vector) => a.reduce((sum, value, j) => sum + value * b[j]!, 0);

function reflect(x: Vector, v: Vector): void {
  const factor = (2 / dot(v, v)) * dot(v, x);
  for (let j = 0; j < x.length; j++) x[j]! -= factor * v[j]!;
}

const unit = (k: number, size: number) => Float64Array.from({ length: size }, (_, j) => (j === k ? 1 : 0));

/** P_0 … P_{r−1} e_k for every k. */
function reflectedUnits(original: ArrayLike<number>, rank: number, size: number): Vector[] {
  return Array.from({ length: rank }, (_, k) => {
    const q = unit(k, size);
    for (let i = rank - 1; i >= 0; i--) reflect(q, reflector(original, i, size));
    return q;
  });
}

export const orthonormal: Op = {
  name: 'orthonormal',
  infer([original]) {
    const tall = typeof original!.rows === 'number' && original!.rows <= original!.cols;
    invariant(tall, `orthonormal: original ${formatShape(original!)}, expected no more rows than columns`);
    return original!;
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(orthonormalGrad, [node.inputs[0]!, dOut], {}, `${node.name}.dOriginal`),
  ],
  reference({ inputs: [original], rows, cols, out }) {
    reflectedUnits(original!, rows, cols).forEach((q, k) => {
      const diagonal = Math.trunc(original![k * cols + k]!);
      for (let j = 0; j < cols; j++) out[k * cols + j] = q[j]! * diagonal;
    });
  },
  flops: (_inputs, rows, cols) => 4 * rows * rows * cols,
};

/** original, dQᵀ [r, H] → dOriginal [r, H]. */
export const orthonormalGrad: Op = {
  name: 'orthonormalGrad',
  infer: ([original]) => original!,
  reference({ inputs: [original, dOut], rows, cols, out }) {
    const q = reflectedUnits(original!, rows, cols);
    const g = q.map((_, k) =>
      Float64Array.from(
        { length: cols },
        (_, j) => dOut![k * cols + j]! * Math.trunc(original![k * cols + k]!),
      ),
    );
    for (let i = 0; i < rows; i++) {
      const v = reflector(original!, i, cols);
      const tau = 2 / dot(v, v);
      for (const column of q) reflect(column, v);
      const s = q.map((column) => dot(v, column));
      const w = g.map((column) => dot(column, v));
      const sw = s.reduce((sum, value, k) => sum + value * w[k]!, 0);
      for (let j = i + 1; j < cols; j++) {
        let sum = 0;
        for (let k = 0; k < rows; k++) sum += g[k]![j]! * s[k]! + q[k]![j]! * w[k]!;
        out[i * cols + j] = tau * tau * sw * v[j]! - tau * sum;
      }
      for (const column of g) reflect(column, v);
    }
  },
  flops: (_inputs, rows, cols) => 14 * rows * rows * cols,
};

export function orthonormalRows(graph: GraphBuilder, original: Node, name: string): Node {
  return graph.apply(orthonormal, [original], {}, name);
}
