/** Products with broadcasting, dot products and norms of rows. */
import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';
import { spread } from './rows';

/** ONNX broadcasts [1, N], [M, 1] and [1, 1] as the modes say; a factor for each sequence is spread first. */
export const scale: OnnxLowering = (call) => {
  const [x, factor, tokenLayout] = call.inputs;
  const { mode, block } = call.node.attributes;
  const { mul } = arithmetic(call.graph);
  return mul(x!, mode === 'sequence' ? spread(call, factor!, tokenLayout!, Number(block)) : factor!);
};

export const scaleBy: OnnxLowering = ({ node, inputs: [x], graph }) => {
  const { mul, float } = arithmetic(graph);
  return mul(x!, float(Number(node.attributes.factor)));
};

export const rowDot: OnnxLowering = ({ inputs: [a, b], graph }) => {
  const { mul, sum } = arithmetic(graph);
  return sum(mul(a!, b!), 1);
};

export const inverseRowNorm: OnnxLowering = ({ inputs: [v], graph }) => {
  const { op, mul, sum, sqrt } = arithmetic(graph);
  return op('Reciprocal', [sqrt(sum(mul(v!, v!), 1))]);
};

export const inverseRowNormGrad: OnnxLowering = ({ inputs: [v, y, dY], graph }) => {
  const { mul, neg } = arithmetic(graph);
  return mul(v!, neg(mul(dY!, mul(y!, mul(y!, y!)))));
};

export const minusIdentity: OnnxLowering = ({ node, inputs: [w], graph }) => {
  const size = node.shape.cols;
  const { op, sub, asFloat, axes } = arithmetic(graph);
  const numbers = graph.constant(
    'i32',
    Array.from({ length: size }, (_, i) => i),
  );
  return sub(w!, asFloat(op('Equal', [numbers, op('Unsqueeze', [numbers, axes(1)])])));
};
