/** Householder reflections, one after another as in the op's definition; the rank is a handful of rows. */
import { arithmetic } from './arithmetic';
import type { LoweringCall, OnnxLowering } from './lowering';
import type { Value } from './onnx-graph';

function reflections({ node, inputs, graph }: LoweringCall) {
  const a = arithmetic(graph);
  const { rows, cols } = node.inputs[0]!.shape as { rows: number; cols: number };
  const original = inputs[0]!;
  const zerosAndOnes = (height: number, isOne: (i: number, j: number) => boolean) =>
    graph.constant(
      'f32',
      Array.from({ length: height * cols }, (_, at) => Number(isOne(Math.floor(at / cols), at % cols))),
      [height, cols],
    );
  const identity = zerosAndOnes(rows, (i, j) => i === j);
  /** [1, H]: 1 right of column i, where reflection i is free. */
  const free = (i: number) => zerosAndOnes(1, (_, j) => j > i);
  /** v_i [1, H]: 0 above i, 1 at i. */
  const reflector = (i: number): Value =>
    a.add(
      a.mul(a.slice(original, 0, i, i + 1), free(i)),
      zerosAndOnes(1, (_, j) => j === i),
    );
  /** [1, 1]. */
  const tau = (v: Value) => a.div(a.float(2), a.sum(a.mul(v, v), 1));
  /** x [n, H] with every row reflected: x − τ (x · v) v. */
  const reflect = (x: Value, v: Value) => a.sub(x, a.mul(a.mul(a.sum(a.mul(x, v), 1), tau(v)), v));
  /** Rows P_0 … P_{r−1} e_k, [r, H]. */
  const columns = () => {
    let q = identity;
    for (let i = rows - 1; i >= 0; i--) q = reflect(q, reflector(i));
    return q;
  };
  /** trunc of the diagonal, [r, 1]. */
  const diagonal = () => {
    const values = a.sum(a.mul(original, identity), 1);
    return a.mul(a.op('Sign', [values]), a.op('Floor', [a.abs(values)]));
  };
  return { a, rows, free, reflector, tau, reflect, columns, diagonal };
}

export const orthonormal: OnnxLowering = (call) => {
  const { a, columns, diagonal } = reflections(call);
  return a.mul(columns(), diagonal());
};

export const orthonormalGrad: OnnxLowering = (call) => {
  const { a, rows, free, reflector, tau, reflect, columns, diagonal } = reflections(call);
  let q = columns();
  let g = a.mul(call.inputs[1]!, diagonal());
  const gradients: Value[] = [];
  for (let i = 0; i < rows; i++) {
    const v = reflector(i);
    const t = tau(v);
    q = reflect(q, v);
    // s_k = v · q_k and w_k = g_k · v, [r, 1].
    const s = a.sum(a.mul(q, v), 1);
    const w = a.sum(a.mul(g, v), 1);
    const own = a.mul(a.mul(a.mul(t, t), a.sum(a.mul(s, w), 0)), v);
    const others = a.mul(t, a.sum(a.add(a.mul(g, s), a.mul(q, w)), 0));
    gradients.push(a.mul(a.sub(own, others), free(i)));
    g = reflect(g, v);
  }
  return a.concatRows(...gradients);
};
