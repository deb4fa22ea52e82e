/**
 * Point-wise non-linearities: x [M, N] → [M, N], by AdapterHub's names (`transformers.activations.ACT2FN` and torch).
 * `gelu` is the exact one with erf, `gelu_new` the tanh approximation.
 */
import { invariant } from '../../errors';
import type { GraphBuilder, Node } from '../../graph/graph';
import type { Op } from '../../graph/op';
import { erf } from './erf';

interface ActivationFunction {
  value(x: number): number;
  derivative(x: number): number;
}

const sigmoid = (x: number) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));
const cube = (x: number) => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const cubeDerivative = (x: number) => Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);

const swish: ActivationFunction = {
  value: (x) => x * sigmoid(x),
  derivative: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))),
};

export const activationFunctions = {
  gelu: {
    value: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
    derivative: (x) =>
      0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI),
  },
  gelu_new: {
    value: (x) => 0.5 * x * (1 + Math.tanh(cube(x))),
    derivative: (x) => {
      const t = Math.tanh(cube(x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * cubeDerivative(x);
    },
  },
  relu: { value: (x) => Math.max(x, 0), derivative: (x) => (x > 0 ? 1 : 0) },
  leakyrelu: { value: (x) => (x > 0 ? x : 0.01 * x), derivative: (x) => (x > 0 ? 1 : 0.01) },
  swish,
  silu: swish,
  tanh: { value: Math.tanh, derivative: (x) => 1 - Math.tanh(x) ** 2 },
  sigmoid: { value: sigmoid, derivative: (x) => sigmoid(x) * (1 - sigmoid(x)) },
} satisfies Record<string, ActivationFunction>;

export type ActivationName = keyof typeof activationFunctions;

export function isActivationName(name: string): name is ActivationName {
  return Object.hasOwn(activationFunctions, name);
}

/** Rough cost of one evaluation, exponentials counted as several operations. */
const operationsPerElement = 10;

export const activation: Op = {
  name: 'activation',
  infer([x], { kind }) {
    invariant(isActivationName(String(kind)), `activation: no function named ${kind}`);
    return x!;
  },
  backward: (node, dOut, _wants, graph) => [
    graph.apply(activationGrad, [node.inputs[0]!, dOut], node.attributes, `${node.name}.dX`),
  ],
  reference({ inputs: [x], attributes, out }) {
    const { value } = activationFunctions[attributes.kind as ActivationName];
    for (let i = 0; i < out.length; i++) out[i] = value(x![i]!);
  },
  flops: (_inputs, rows, cols) => operationsPerElement * rows * cols,
};

/** x, dY → dX = dY · f′(x). */
export const activationGrad: Op = {
  name: 'activationGrad',
  infer: ([x]) => x!,
  reference({ inputs: [x, dY], attributes, out }) {
    const { derivative } = activationFunctions[attributes.kind as ActivationName];
    for (let i = 0; i < out.length; i++) out[i] = dY![i]! * derivative(x![i]!);
  },
  flops: (_inputs, rows, cols) => (operationsPerElement + 1) * rows * cols,
};

export function activate(graph: GraphBuilder, x: Node, kind: ActivationName, name: string): Node {
  return graph.apply(activation, [x], { kind }, name);
}
