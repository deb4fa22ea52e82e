import type { ActivationName } from '../../ops/activation/activation';
import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';
import type { OnnxGraph, Value } from './onnx-graph';

interface LoweredFunction {
  readonly value: (x: Value) => Value;
  readonly derivative: (x: Value) => Value;
}

function functionsOn(graph: OnnxGraph): Readonly<Record<ActivationName, LoweredFunction>> {
  const { op, float, add, sub, mul, exp, neg, tanh, sigmoid, where, asFloat } = arithmetic(graph);
  const one = float(1);
  const positive = (x: Value) => op('Greater', [x, float(0)]);
  /** ½ (1 + erf(x / √2)), shared by value and derivative. */
  const normalCdf = (x: Value) => add(mul(op('Erf', [mul(x, float(Math.SQRT1_2))]), float(0.5)), float(0.5));
  const square = (x: Value) => mul(x, x);
  /**
   * 2 √(2/π) (x + 0.044715 x³), whose sigmoid is ½ (1 + tanh …): σ(−u) loses no digits where 1 − tanh² would.
   */
  const cubic = 2 * Math.sqrt(2 / Math.PI);
  const exponent = (x: Value) => mul(x, add(mul(square(x), float(0.044715 * cubic)), float(cubic)));
  const swish: LoweredFunction = {
    value: (x) => mul(x, sigmoid(x)),
    derivative: (x) => mul(sigmoid(x), add(mul(x, sub(one, sigmoid(x))), one)),
  };
  return {
    gelu: {
      value: (x) => mul(x, normalCdf(x)),
      derivative: (x) =>
        add(normalCdf(x), mul(mul(x, float(1 / Math.sqrt(2 * Math.PI))), exp(mul(square(x), float(-0.5))))),
    },
    gelu_new: {
      value: (x) => mul(x, sigmoid(exponent(x))),
      derivative: (x) => {
        const u = exponent(x);
        const slope = add(mul(square(x), float(3 * 0.044715 * cubic)), float(cubic));
        return mul(sigmoid(u), add(mul(mul(x, slope), sigmoid(neg(u))), one));
      },
    },
    relu: { value: (x) => op('Relu', [x]), derivative: (x) => asFloat(positive(x)) },
    leakyrelu: {
      value: (x) => op('LeakyRelu', [x], { alpha: { float: 0.01 } }),
      derivative: (x) => where(positive(x), one, float(0.01)),
    },
    swish,
    silu: swish,
    tanh: { value: tanh, derivative: (x) => sub(one, square(tanh(x))) },
    sigmoid: {
      value: sigmoid,
      derivative: (x) => mul(sigmoid(x), sigmoid(neg(x))),
    },
  };
}

const functionOf: (call: Parameters<OnnxLowering>[0]) => LoweredFunction = ({ node, graph }) =>
  functionsOn(graph)[node.attributes.kind as ActivationName];

export const activation: OnnxLowering = (call) => functionOf(call).value(call.inputs[0]!);

export const activationGrad: OnnxLowering = (call) => {
  const [x, dY] = call.inputs;
  return arithmetic(call.graph).mul(dY!, functionOf(call).derivative(x!));
};
