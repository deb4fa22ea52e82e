/** The losses of rows of logits, and their gradients. */
import type { RowLossName } from '../../ops/losses/losses';
import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';
import type { OnnxGraph, Value } from './onnx-graph';

const logSoftmax = (graph: OnnxGraph, z: Value) => graph.op('LogSoftmax', [z], { axis: -1 });
const softmax = (graph: OnnxGraph, z: Value) => graph.op('Softmax', [z], { axis: -1 });

/** f32 [B, C]: 1 at each row's label. */
function oneHot(graph: OnnxGraph, labels: Value, classes: number): Value {
  const { op, asFloat } = arithmetic(graph);
  return asFloat(
    op('Equal', [
      labels,
      graph.constant(
        'i32',
        Array.from({ length: classes }, (_, c) => c),
        [1, classes],
      ),
    ]),
  );
}

export const crossEntropy: OnnxLowering = ({ node, inputs: [logits, labels], graph }) => {
  const { mul, neg, sum } = arithmetic(graph);
  return neg(sum(mul(logSoftmax(graph, logits!), oneHot(graph, labels!, node.inputs[0]!.shape.cols)), 1));
};

/** p − 1 at the label is minus the sum of the others: of a row that is sure it would cancel to nothing but rounding. */
export const crossEntropyGrad: OnnxLowering = ({ node, inputs: [logits, labels, dLoss], graph }) => {
  const { mul, sub, sum, float } = arithmetic(graph);
  const isLabel = oneHot(graph, labels!, node.shape.cols);
  const others = mul(softmax(graph, logits!), sub(float(1), isLabel));
  return mul(sub(others, mul(isLabel, sum(others, 1))), dLoss!);
};

export const rowLoss: OnnxLowering = ({ node, inputs: [z, t], graph }) => {
  const { op, axes, add, sub, mul, neg, abs, exp, log, sum, float } = arithmetic(graph);
  const mean = (x: Value) => op('ReduceMean', [x, axes(1)], { keepdims: 1 });
  switch (node.attributes.kind as RowLossName) {
    case 'softCrossEntropy':
      return neg(sum(mul(logSoftmax(graph, z!), t!), 1));
    case 'binaryCrossEntropy': {
      const tail = log(add(exp(neg(abs(z!))), float(1)));
      return mean(add(sub(op('Relu', [z!]), mul(z!, t!)), tail));
    }
    case 'squaredError': {
      const error = sub(z!, t!);
      return mean(mul(error, error));
    }
  }
};

export const rowLossGrad: OnnxLowering = ({ node, inputs: [z, t, dLoss], graph }) => {
  const { sub, mul, sigmoid, sum, float } = arithmetic(graph);
  const { cols } = node.shape;
  switch (node.attributes.kind as RowLossName) {
    case 'softCrossEntropy':
      return mul(sub(mul(softmax(graph, z!), sum(t!, 1)), t!), dLoss!);
    case 'binaryCrossEntropy':
      return mul(mul(sub(sigmoid(z!), t!), float(1 / cols)), dLoss!);
    case 'squaredError':
      return mul(mul(sub(z!, t!), float(2 / cols)), dLoss!);
  }
};
