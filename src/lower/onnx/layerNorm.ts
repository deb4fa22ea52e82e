import { arithmetic } from './arithmetic';
import type { LoweringCall, OnnxLowering } from './lowering';
import type { Value } from './onnx-graph';

/** ŝ [M, D] and rstd [M, 1] of x, or of x + residual; once a step, whoever asks. */
function normalized({ node, inputs, graph }: LoweringCall): { readonly unit: Value; readonly rstd: Value } {
  const { add } = arithmetic(graph);
  const { residual, epsilon } = node.attributes;
  const { cols } = node.inputs[0]!.shape;
  const sum = residual ? add(inputs[0]!, inputs[1]!) : inputs[0]!;
  const ones = graph.constant('f32', new Array(cols).fill(1));
  const [unit, , rstd] = graph.ops(
    'LayerNormalization',
    [sum, ones],
    { axis: -1, epsilon: { float: Number(epsilon) } },
    3,
  );
  return { unit: unit!, rstd: rstd! };
}

export const layerNorm: OnnxLowering = (call) => {
  const { mul, add } = arithmetic(call.graph);
  const [gamma, beta] = call.inputs.slice(call.node.attributes.residual ? 2 : 1);
  return add(mul(normalized(call).unit, gamma!), beta!);
};

/** dS = rstd · (g − mean(g) − ŝ · mean(g · ŝ)), g = dY · gamma. */
export const layerNormGradInput: OnnxLowering = (call) => {
  const { op, axes, mul, sub } = arithmetic(call.graph);
  const [gamma, dY] = call.inputs.slice(call.node.attributes.residual ? 2 : 1);
  const { unit, rstd } = normalized(call);
  const mean = (x: Value) => op('ReduceMean', [x, axes(-1)], { keepdims: 1 });
  const g = mul(dY!, gamma!);
  return mul(sub(sub(g, mean(g)), mul(unit, mean(mul(g, unit)))), rstd);
};

/** dY · ŝ; its column sums are dGamma. */
export const layerNormGradGamma: OnnxLowering = (call) =>
  arithmetic(call.graph).mul(call.inputs.at(-1)!, normalized(call).unit);
