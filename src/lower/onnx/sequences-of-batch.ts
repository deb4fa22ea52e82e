/**
 * Index arithmetic on a batch of ragged sequences, in the model itself: everything follows from `layout` i32 [B, 4] (first
 * row, rows, keys, 0). A matrix of ragged rows, with `prefix` more rows in front of each sequence's tokens, is gathered into
 * a grid [B, T + prefix] of padded sequences and back.
 */
import type { OnnxGraph, Value } from './onnx-graph';

export class Sequences {
  readonly #graph: OnnxGraph;
  readonly #layout: Value;

  constructor(graph: OnnxGraph, layout: Value) {
    this.#graph = graph;
    this.#layout = layout;
  }

  /** i32 [B, 1]: first token row, token rows or real tokens of each sequence, or what the last column has. */
  column(name: 'first' | 'rows' | 'keys' | 'number'): Value {
    const at = { first: 0, rows: 1, keys: 2, number: 3 }[name];
    const { constant, op } = bound(this.#graph);
    return op('Slice', [
      this.#layout,
      constant('i64', [at]),
      constant('i64', [at + 1]),
      constant('i64', [1]),
    ]);
  }

  /** i64 [1]: sequences of the batch. */
  get count(): Value {
    return this.#graph.op('Shape', [this.#layout], { start: 0, end: 1 });
  }

  /** i32 [B, 1]: 0, 1, … */
  get numbers(): Value {
    const { op, constant } = bound(this.#graph);
    return op('Unsqueeze', [this.range(op('Squeeze', [this.count])), constant('i64', [1])]);
  }

  /** i32 [n]: 0 … n − 1; n i64 scalar. */
  range(n: Value): Value {
    const { op, constant } = bound(this.#graph);
    return op('Range', [constant('i32', [0], []), op('Cast', [n], { to: 6 }), constant('i32', [1], [])]);
  }

  /** i32 [1, T + prefix]: the columns of the grid. */
  columns(prefix: number): Value {
    const { op, constant } = bound(this.#graph);
    const longest = op('ReduceMax', [this.column('rows')], { keepdims: 0 });
    const width = prefix === 0 ? longest : op('Add', [longest, constant('i32', [prefix], [])]);
    const range = op('Range', [constant('i32', [0], []), width, constant('i32', [1], [])]);
    return op('Unsqueeze', [range, constant('i64', [0])]);
  }

  /** bool [B, T + prefix]: which places of the grid are rows. */
  isRow(prefix: number): Value {
    return this.#graph.op('Less', [this.columns(prefix), this.#plus(this.column('rows'), prefix)]);
  }

  /** bool [B, T + prefix]: which places of the grid every query attends to. */
  isKey(prefix: number): Value {
    return this.#graph.op('Less', [this.columns(prefix), this.#plus(this.column('keys'), prefix)]);
  }

  /** i32 [B, 1]: first row of each sequence in a matrix with `prefix` rows in front of each one's tokens. */
  firstRow(prefix: number): Value {
    const { op, constant } = bound(this.#graph);
    const first = this.column('first');
    if (prefix === 0) return first;
    return op('Add', [first, op('Mul', [this.numbers, constant('i32', [prefix], [])])]);
  }

  /** i32 [B, T + prefix]: which row stands at each place of the grid; where none does, the sequence's first row. */
  rowAt(prefix: number): Value {
    const { op, constant } = bound(this.#graph);
    const place = op('Where', [this.isRow(prefix), this.columns(prefix), constant('i32', [0], [])]);
    return op('Add', [this.firstRow(prefix), place]);
  }

  /** x [rows, N] → [B, T + prefix, N]. What stands where no row is is some row of the sequence. */
  toGrid(x: Value, prefix: number): Value {
    return this.#graph.op('Gather', [x, this.rowAt(prefix)], { axis: 0 });
  }

  /** x [rows, nH · n] → [B, nH, T + prefix, n], with the same in the places of no row. */
  toHeads(x: Value, prefix: number, heads: number, size: number): Value {
    const { op, constant } = bound(this.#graph);
    // Of x as [rows · nH, n]: each place and head has its own row, so that nothing is left to transpose.
    const numbers = constant(
      'i32',
      Array.from({ length: heads }, (_, head) => head),
      [1, heads, 1],
    );
    const row = op('Unsqueeze', [this.rowAt(prefix), constant('i64', [1])]);
    const index = op('Add', [op('Mul', [row, constant('i32', [heads], [])]), numbers]);
    return op('Gather', [op('Reshape', [x, constant('i64', [-1, size])]), index], { axis: 0 });
  }

  /** f32 [B, T + prefix, 1]: 1 where a row is, else 0. */
  rowMask(prefix: number): Value {
    const { op, constant } = bound(this.#graph);
    return op('Unsqueeze', [op('Cast', [this.isRow(prefix)], { to: 1 }), constant('i64', [2])]);
  }

  /** A value for each place of the grid [B, T + prefix] → those of the rows, in their order, [rows]. */
  ofRows(grid: Value, prefix: number): Value {
    const { op, constant } = bound(this.#graph);
    const flat = (value: Value) => op('Reshape', [value, constant('i64', [-1])]);
    return op('Compress', [flat(grid), flat(this.isRow(prefix))], { axis: 0 });
  }

  #plus(value: Value, constant: number): Value {
    if (constant === 0) return value;
    return this.#graph.op('Add', [value, this.#graph.constant('i32', [constant], [])]);
  }
}

function bound(graph: OnnxGraph) {
  return { op: graph.op.bind(graph), constant: graph.constant.bind(graph) };
}
