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

/** dTable_v = Σ dY over the rows with id v: each row is added to its id's, in the order of the ids. */
export const gatherGrad: OnnxLowering = ({ node, inputs: [dY, order, starts], graph }) => {
  const { op, axes, gather: rowsAt, asFloat, mul, sub, slice: part, int } = arithmetic(graph);
  const rows = Number(node.shape.rows);
  const ordered = rowsAt(dY!, op('Squeeze', [order!, axes(1)]));
  // The id of place p in the order: how many runs begin at or before p, less one.
  const places = op('Range', [
    int(0),
    op('Cast', [op('Squeeze', [op('Shape', [order!], { start: 0, end: 1 })])], { to: 6 }),
    int(1),
  ]);
  const begun = op('LessOrEqual', [part(starts!, 0, 0, rows), op('Unsqueeze', [places, axes(0)])]);
  const ids = sub(op('ReduceSum', [op('Cast', [begun], { to: 6 }), axes(0)], { keepdims: 0 }), int(1));
  const zeros = op('ConstantOfShape', [graph.constant('i64', [rows, node.shape.cols])]);
  const scattered = op(
    'ScatterND',
    [zeros, op('Unsqueeze', [op('Cast', [ids], { to: 7 }), axes(1)]), ordered],
    {
      reduction: 'add',
    },
  );
  const padding = Number(node.attributes.padding);
  if (padding < 0) return scattered;
  const numbers = op('Range', [int(0), int(rows), int(1)]);
  const keep = asFloat(op('Not', [op('Equal', [numbers, int(padding)])]));
  return mul(scattered, op('Unsqueeze', [keep, axes(1)]));
};
