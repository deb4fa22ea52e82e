/** Sums of Kronecker products and products of blocks, as products of higher-rank tensors. */
import { arithmetic } from './arithmetic';
import type { LoweringCall, OnnxLowering } from './lowering';
import type { Value } from './onnx-graph';

/** [p, a, b] and [p, c, d] of rule and weight. */
function sizes(
  rule: { rows: unknown; cols: number },
  weight: { rows: unknown; cols: number },
  blocks: number,
) {
  return {
    p: blocks,
    a: Number(rule.rows) / blocks,
    b: rule.cols,
    c: Number(weight.rows) / blocks,
    d: weight.cols,
  };
}

/** H[i c + u, j d + v] = Σ_t rule_t[i, j] W_t[u, v]: a product [ab, p] · [p, cd], its axes in order. */
export const kroneckerSum: OnnxLowering = ({ node, inputs: [rule, weight], graph }) => {
  const { matmul, reshape, transpose } = arithmetic(graph);
  const { p, a, b, c, d } = sizes(
    node.inputs[0]!.shape,
    node.inputs[1]!.shape,
    Number(node.attributes.blocks),
  );
  const product = matmul(transpose(reshape(rule!, p, a * b), 1, 0), reshape(weight!, p, c * d));
  return reshape(transpose(reshape(product, a, b, c, d), 0, 2, 1, 3), a * c, b * d);
};

/** dH [a c, b d] → [ab, cd]. */
function byBlocks(call: LoweringCall, dH: Value, s: ReturnType<typeof sizes>): Value {
  const { reshape, transpose } = arithmetic(call.graph);
  return reshape(transpose(reshape(dH, s.a, s.c, s.b, s.d), 0, 2, 1, 3), s.a * s.b, s.c * s.d);
}

export const kroneckerGradRule: OnnxLowering = (call) => {
  const { node, inputs, graph } = call;
  const { matmul, reshape, transpose } = arithmetic(graph);
  const s = sizes(node.shape, node.inputs[1]!.shape, Number(node.attributes.blocks));
  const weight = transpose(reshape(inputs[1]!, s.p, s.c * s.d), 1, 0);
  return reshape(transpose(matmul(byBlocks(call, inputs[0]!, s), weight), 1, 0), s.p * s.a, s.b);
};

export const kroneckerGradWeight: OnnxLowering = (call) => {
  const { node, inputs, graph } = call;
  const { matmul, reshape, transpose } = arithmetic(graph);
  const s = sizes(node.inputs[1]!.shape, node.shape, Number(node.attributes.blocks));
  const dH = transpose(byBlocks(call, inputs[0]!, s), 1, 0);
  const rule = transpose(reshape(inputs[1]!, s.p, s.a * s.b), 1, 0);
  return reshape(transpose(matmul(dH, rule), 1, 0), s.p * s.c, s.d);
};

export const blockMatmul: OnnxLowering = ({ node, inputs: [a, b], graph }) => {
  const { matmul, reshape, transpose } = arithmetic(graph);
  const { blocks, transposeA, transposeB } = node.attributes;
  const split = (x: Value, cols: number, transposed: unknown) => {
    const parts = reshape(x, Number(blocks), -1, cols);
    return transposed ? transpose(parts, 0, 2, 1) : parts;
  };
  const left = split(a!, node.inputs[0]!.shape.cols, transposeA);
  const right = split(b!, node.inputs[1]!.shape.cols, transposeB);
  return reshape(matmul(left, right), -1, node.shape.cols);
};
