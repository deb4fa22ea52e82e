/** Sums over the rows of each sequence, their spreading, and blocks repeated for every sequence. */
import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';
import { spread } from './rows';

export const sequenceSum: OnnxLowering = (call) => {
  const { graph, sequences, inputs, node } = call;
  const { op, axes, mul, div, sum, asFloat, float } = arithmetic(graph);
  const [x] = inputs;
  const block = Number(node.attributes.block);
  const { cols } = node.shape;
  if (block > 0) {
    const total = sum(op('Reshape', [x!, axes(-1, block, cols)]), 1, true);
    return node.attributes.mean ? mul(total, float(1 / block)) : total;
  }
  const total = sum(mul(sequences.toGrid(x!, 0), sequences.rowMask(0)), 1, true);
  return node.attributes.mean ? div(total, asFloat(sequences.column('rows'))) : total;
};

export const sequenceSpread: OnnxLowering = (call) => {
  const { graph, sequences, inputs, node } = call;
  const { mul, div, asFloat, float } = arithmetic(graph);
  const [dY, tokenLayout] = inputs;
  const block = Number(node.attributes.block);
  if (!node.attributes.mean) return spread(call, dY!, tokenLayout!, block);
  const share = block > 0 ? mul(dY!, float(1 / block)) : div(dY!, asFloat(sequences.column('rows')));
  return spread(call, share, tokenLayout!, block);
};

export const repeatRows: OnnxLowering = ({ inputs: [x], graph, sequences }) => {
  const { op, axes } = arithmetic(graph);
  return op('Tile', [x!, op('Concat', [sequences.count, axes(1)], { axis: 0 })]);
};

export const sumRepeats: OnnxLowering = ({ inputs: [dY], node, graph }) => {
  const { sum, reshape } = arithmetic(graph);
  return sum(reshape(dY!, -1, Number(node.shape.rows), node.shape.cols), 0, true);
};
