import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';

export const gemm: OnnxLowering = ({ node, inputs, graph }) => {
  const { transposeA, transposeB, alpha, bias, addend } = node.attributes;
  const { op, add } = arithmetic(graph);
  // Gemm's third operand is either; the other is added.
  const product = op('Gemm', inputs.slice(0, 3), {
    transA: transposeA ? 1 : 0,
    transB: transposeB ? 1 : 0,
    ...(alpha === 1 ? {} : { alpha: { float: Number(alpha) } }),
  });
  return bias && addend ? add(product, inputs[3]!) : product;
};
