/** What only moves numbers: slices, reshapes, means over rows, embedding rows. */
import { rowTerms } from '../../graph/graph';
import { arithmetic } from './arithmetic';
import type { LoweringCall, OnnxLowering } from './lowering';
import type { Value } from './onnx-graph';

export const slice: OnnxLowering = ({ node, inputs: [x], graph }) => {
  const a = arithmetic(graph);
  const { rowStart, rows, colStart, cols } = node.attributes;
  const { shape } = node.inputs[0]!;
  const ofRows =
    typeof rows !== 'number' || rows === shape.rows
      ? x!
      : a.slice(x!, 0, Number(rowStart), Number(rowStart) + rows);
  return cols === shape.cols ? ofRows : a.slice(ofRows, 1, Number(colStart), Number(colStart) + Number(cols));
};

/** Zeros around x; how many rows below is known only with the batch where the result has rows of the batch. */
export const place: OnnxLowering = (call) => {
  const { node, inputs, graph } = call;
  const { op, axes, sub } = arithmetic(graph);
  const [x] = inputs;
  const { rowStart, colStart } = node.attributes;
  const right = node.shape.cols - Number(colStart) - node.inputs[0]!.shape.cols;
  const below = sub(sub(rowsOf(call), axes(Number(rowStart))), op('Shape', [x!], { start: 0, end: 1 }));
  const pads = op('Concat', [axes(Number(rowStart), Number(colStart)), below, axes(right)], { axis: 0 });
  return op('Pad', [x!, pads]);
};

/** i64 [1]: rows of the node. */
function rowsOf({ node, graph, sequences }: LoweringCall): Value {
  const { axes, mul, add, op, sum } = arithmetic(graph);
  const { tokens, sequences: perSequence, constant } = rowTerms(node.shape.rows);
  if (tokens === 0 && perSequence === 0) return axes(constant);
  const blocks = perSequence === 1 ? sequences.count : mul(sequences.count, axes(perSequence));
  if (tokens === 0) return blocks;
  const all = op('Reshape', [op('Cast', [sum(sequences.column('rows'), 0)], { to: 7 }), axes(1)]);
  return perSequence === 0 ? all : add(all, blocks);
}

export const reshape: OnnxLowering = ({ node, inputs: [x], graph }) =>
  arithmetic(graph).reshape(x!, -1, node.shape.cols);

export const mean: OnnxLowering = ({ inputs: [x], graph }) => {
  const { op, axes } = arithmetic(graph);
  return op('ReduceMean', [x!, axes(0)], { keepdims: 1 });
};

export const meanGrad: OnnxLowering = (call) => {
  const { op, axes, div, asFloat } = arithmetic(call.graph);
  const rows = rowsOf(call);
  return op('Expand', [div(call.inputs[0]!, asFloat(rows)), op('Concat', [rows, axes(1)], { axis: 0 })]);
};

/** Inputs table, ids [tokens, 1], order, starts. */
export const gather: OnnxLowering = ({ inputs: [table, ids], graph }) => {
  const { op, axes } = arithmetic(graph);
  return op('Gather', [table!, op('Squeeze', [ids!, axes(1)])], { axis: 0 });
};

/**
 * dTable_v = Σ dY over the rows with id v: for the U ids of the batch a product [U, M] · [M, N] of zeros and ones with the
 * rows. Not `ScatterND` with `reduction`: on several threads ONNX Runtime adds rows of one id at the same time and loses some
 * (github.com/microsoft/onnxruntime/issues/18048); here every row of the table is written once.
 */
export const gatherGrad: OnnxLowering = ({ node, inputs: [dY, order, starts], graph }) => {
  const { op, axes, gather: rowsAt, asFloat, matmul, reshape: shaped, slice: part, int } = arithmetic(graph);
  const rows = Number(node.shape.rows);
  const flat = (x: Value) => op('Squeeze', [x, axes(1)]);
  const range = (length: Value) => op('Range', [int(0), length, int(1)]);
  const [from, to] = [part(starts!, 0, 0, rows), part(starts!, 0, 1, rows + 1)];
  const ids = range(int(rows));
  const isUsed = op('And', [
    flat(op('Less', [from, to])),
    op('Not', [op('Equal', [ids, int(Number(node.attributes.padding))])]),
  ]);
  const used = (x: Value) => op('Compress', [x, isUsed], { axis: 0 });
  const tokens = op('Cast', [op('Squeeze', [op('Shape', [order!], { start: 0, end: 1 })])], { to: 6 });
  const places = shaped(range(tokens), 1, -1);
  const isOwn = op('And', [op('GreaterOrEqual', [places, used(from)]), op('Less', [places, used(to)])]);
  const sums = matmul(asFloat(isOwn), rowsAt(dY!, flat(order!)));
  const zeros = op('ConstantOfShape', [graph.constant('i64', [rows, node.shape.cols])]);
  return op('ScatterND', [zeros, op('Unsqueeze', [op('Cast', [used(ids)], { to: 7 }), axes(1)]), sums]);
};
