/** Short names for the operators that nearly every lowering uses. */
import type { OnnxGraph, Value } from './onnx-graph';

export function arithmetic(graph: OnnxGraph) {
  const op = graph.op.bind(graph);
  const binary = (type: string) => (a: Value, b: Value) => op(type, [a, b]);
  const unary = (type: string) => (x: Value) => op(type, [x]);
  const axes = (...values: number[]) => graph.constant('i64', values);
  return {
    op,
    axes,
    float: (value: number) => graph.float(value),
    add: binary('Add'),
    sub: binary('Sub'),
    mul: binary('Mul'),
    div: binary('Div'),
    matmul: binary('MatMul'),
    exp: unary('Exp'),
    log: unary('Log'),
    neg: unary('Neg'),
    abs: unary('Abs'),
    sqrt: unary('Sqrt'),
    tanh: unary('Tanh'),
    sigmoid: unary('Sigmoid'),
    /** Sum over one axis, which stays with length 1 unless `drop`. */
    sum: (x: Value, axis: number, drop = false) =>
      op('ReduceSum', [x, axes(axis)], { keepdims: drop ? 0 : 1 }),
    max: (x: Value, axis: number) => op('ReduceMax', [x, axes(axis)], { keepdims: 1 }),
    /** −1 is whatever is left. */
    reshape: (x: Value, ...dims: number[]) => op('Reshape', [x, axes(...dims)]),
    transpose: (x: Value, ...perm: number[]) => op('Transpose', [x], { perm }),
    gather: (x: Value, indices: Value) => op('Gather', [x, indices], { axis: 0 }),
    concatRows: (...xs: Value[]) => op('Concat', xs, { axis: 0 }),
    /** Rows or columns [start, end) of x; end may lie past it. */
    slice: (x: Value, axis: number, start: number, end: number) =>
      op('Slice', [x, axes(start), axes(end), axes(axis)]),
    where: (condition: Value, a: Value, b: Value) => op('Where', [condition, a, b]),
    /** f32 0 or 1 of a bool. */
    asFloat: (x: Value) => op('Cast', [x], { to: 1 }),
    int: (value: number) => graph.constant('i32', [value], []),
  };
}
