/** First rows, rows by position, rows of prefixes: everything that is a gather by an index made from the layouts. */
import { arithmetic } from './arithmetic';
import type { LoweringCall, OnnxLowering } from './lowering';
import type { Value } from './onnx-graph';

/** i32 [M]: the sequence of each token row, and its position there. */
function placeOfTokens(tokenLayout: Value, { graph, sequences }: LoweringCall) {
  const { op, axes, sub, slice } = arithmetic(graph);
  const column = (at: number) => op('Squeeze', [slice(tokenLayout, 1, at, at + 1), axes(1)]);
  const row = sequences.range(op('Squeeze', [op('Shape', [tokenLayout], { start: 0, end: 1 })]));
  return { sequence: column(0), position: sub(row, column(1)), keys: column(3) };
}

/** x's rows where `condition` i32-indexed rows exist, else zeros: index [n] any, condition bool [n]. */
function gatherWhere(call: LoweringCall, x: Value, index: Value, condition: Value): Value {
  const { op, axes, gather, where, int, mul, asFloat } = arithmetic(call.graph);
  return mul(gather(x, where(condition, index, int(0))), op('Unsqueeze', [asFloat(condition), axes(1)]));
}

export const takeFirst: OnnxLowering = (call) => {
  const { op, axes, gather } = arithmetic(call.graph);
  return gather(call.inputs[0]!, op('Squeeze', [call.sequences.column('first'), axes(1)]));
};

export const scatterFirst: OnnxLowering = (call) => {
  const [dY, tokenLayout] = call.inputs;
  const { sequence, position } = placeOfTokens(tokenLayout!, call);
  const { op, int } = arithmetic(call.graph);
  return gatherWhere(call, dY!, sequence, op('Equal', [position, int(0)]));
};

/** i32 and bool [count · B]: the row of every picked place, and whether it exists. */
function pickedRows(call: LoweringCall) {
  const { from, offset, count } = call.node.attributes;
  const { op, add, reshape, int } = arithmetic(call.graph);
  const { sequences, graph } = call;
  const numbers = graph.constant(
    'i32',
    Array.from({ length: Number(count) }, (_, i) => (from === 'start' ? Number(offset) : -Number(count)) + i),
    [1, Number(count)],
  );
  // From the end, positions count from the last real token; the grid has a row for every sequence.
  const base =
    from === 'start'
      ? op('Sub', [sequences.column('first'), sequences.column('first')])
      : sequences.column('keys');
  const position = add(base, numbers);
  const exists = op('And', [
    op('GreaterOrEqual', [position, int(0)]),
    op('Less', [position, sequences.column('rows')]),
  ]);
  return {
    row: reshape(add(sequences.column('first'), position), -1),
    exists: reshape(exists, -1),
  };
}

export const takePositions: OnnxLowering = (call) => {
  const { row, exists } = pickedRows(call);
  return gatherWhere(call, call.inputs[0]!, row, exists);
};

/** i32 and bool [M]: the picked place that each token row is, and whether it is one. */
function placesOfRows(call: LoweringCall, tokenLayout: Value) {
  const { from, offset, count } = call.node.attributes;
  const { op, add, sub, mul, int } = arithmetic(call.graph);
  const { sequence, position, keys } = placeOfTokens(tokenLayout, call);
  const index =
    from === 'start' ? sub(position, int(Number(offset))) : add(sub(position, keys), int(Number(count)));
  const isPicked = op('And', [
    op('GreaterOrEqual', [index, int(0)]),
    op('Less', [index, int(Number(count))]),
  ]);
  return { picked: add(mul(sequence, int(Number(count))), index), isPicked };
}

export const scatterPositions: OnnxLowering = (call) => {
  const [picked, tokenLayout] = call.inputs;
  const places = placesOfRows(call, tokenLayout!);
  return gatherWhere(call, picked!, places.picked, places.isPicked);
};

export const putPositions: OnnxLowering = (call) => {
  const [x, picked, tokenLayout] = call.inputs;
  const { op, axes, where } = arithmetic(call.graph);
  const places = placesOfRows(call, tokenLayout!);
  const placed = gatherWhere(call, picked!, places.picked, places.isPicked);
  return where(op('Unsqueeze', [places.isPicked, axes(1)]), placed, x!);
};

export const clearPositions: OnnxLowering = (call) => {
  const [x, tokenLayout] = call.inputs;
  const { op, axes, mul, asFloat } = arithmetic(call.graph);
  const { isPicked } = placesOfRows(call, tokenLayout!);
  return mul(x!, op('Unsqueeze', [asFloat(op('Not', [isPicked])), axes(1)]));
};

/**
 * joined rows ← prefix [P · B, N] above x: both lie one below the other, and every place of the grid names its row there.
 */
export const joinKeys: OnnxLowering = (call) => {
  const [prefix, x] = call.inputs;
  const { graph, sequences } = call;
  const { op, add, sub, mul, where, int, gather, concatRows } = arithmetic(graph);
  const [p, before] = [Number(call.node.attributes.prefix), Number(call.node.attributes.before)];
  const column = sequences.columns(p + before);
  const prefixRows = op('Cast', [op('Shape', [prefix!], { start: 0, end: 1 })], { to: 6 });
  const ofPrefix = add(mul(sequences.numbers, int(p)), column);
  const ofX = add(add(sequences.firstRow(before), sub(column, int(p))), prefixRows);
  const source = where(op('Less', [column, int(p)]), ofPrefix, ofX);
  return gather(concatRows(prefix!, x!), sequences.ofRows(source, p + before));
};

export const takePrefix: OnnxLowering = (call) => {
  const { graph, sequences, inputs, node } = call;
  const { add, gather, reshape } = arithmetic(graph);
  const [p, before] = [Number(node.attributes.prefix), Number(node.attributes.before)];
  const numbers = graph.constant(
    'i32',
    Array.from({ length: p }, (_, i) => i),
    [1, p],
  );
  return gather(inputs[0]!, reshape(add(sequences.firstRow(p + before), numbers), -1));
};

export const takeTokens: OnnxLowering = (call) => {
  const { graph, sequences, inputs, node } = call;
  const { add, gather, int } = arithmetic(graph);
  const [p, before] = [Number(node.attributes.prefix), Number(node.attributes.before)];
  const source = add(add(sequences.firstRow(p + before), int(p)), sequences.columns(before));
  return gather(inputs[0]!, sequences.ofRows(source, before));
};

/** Keeps the rows of the sequences whose task is `task`. */
export const taskMask: OnnxLowering = (call) => {
  const [x, tokenLayout, taskIds] = call.inputs;
  const { op, mul, asFloat, gather, int } = arithmetic(call.graph);
  const { sequence } = placeOfTokens(tokenLayout!, call);
  const isTask = op('Equal', [taskIds!, int(Number(call.node.attributes.task))]);
  return mul(x!, gather(asFloat(isTask), sequence));
};

/** f32 [M, 1] or [B, 1] → one number for every row of x that has it: rows of `block` a sequence, or token rows. */
export function spread(call: LoweringCall, perSequence: Value, tokenLayout: Value, block: number): Value {
  const { op, axes, gather } = arithmetic(call.graph);
  if (block === 0) return gather(perSequence, placeOfTokens(tokenLayout, call).sequence);
  // [B, N] → [B, P, N] → [P · B, N].
  const cols = call.graph.op('Shape', [perSequence], { start: 1, end: 2 });
  const wide = op('Expand', [
    op('Unsqueeze', [perSequence, axes(1)]),
    op('Concat', [call.sequences.count, axes(block), cols], { axis: 0 }),
  ]);
  return op('Reshape', [wide, op('Concat', [axes(-1), cols], { axis: 0 })]);
}
