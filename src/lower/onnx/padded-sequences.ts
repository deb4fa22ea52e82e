/**
 * Sequences that are all as long as the longest, one after another: the batch [B, T] of an exported model. A matrix of its rows
 * is the grid already, so nothing is gathered; where texts end only the keys of `layout` say.
 */
import { arithmetic } from './arithmetic';
import type { Grids } from './lowering';
import type { OnnxGraph, Value } from './onnx-graph';
import { Sequences } from './sequences-of-batch';

export class PaddedSequences extends Sequences implements Grids {
  readonly #graph: OnnxGraph;
  readonly #rows: Value;

  /** `layout` i32 [B, 4], `rows` i32 scalar: T. */
  constructor(graph: OnnxGraph, layout: Value, rows: Value) {
    super(graph, layout);
    this.#graph = graph;
    this.#rows = rows;
  }

  override columns(prefix: number): Value {
    const { op, add, int, axes } = arithmetic(this.#graph);
    const width = prefix === 0 ? this.#rows : add(this.#rows, int(prefix));
    return op('Unsqueeze', [op('Range', [int(0), width, int(1)]), axes(0)]);
  }

  override toGrid(x: Value, _prefix: number): Value {
    const { op, axes, concatRows } = arithmetic(this.#graph);
    const cols = op('Shape', [x], { start: 1, end: 2 });
    return op('Reshape', [x, concatRows(this.count, axes(-1), cols)]);
  }

  override toHeads(x: Value, prefix: number, heads: number, size: number): Value {
    const { op, axes, transpose } = arithmetic(this.#graph);
    return transpose(op('Reshape', [this.toGrid(x, prefix), axes(0, 0, heads, size)]), 0, 2, 1, 3);
  }

  override rowMask(_prefix: number): Value {
    return this.#graph.constant('f32', [1], [1, 1, 1]);
  }

  override ofRows(grid: Value, _prefix: number): Value {
    return arithmetic(this.#graph).reshape(grid, -1);
  }

  get grids(): readonly Sequences[] {
    return [this];
  }

  fromHeads([x]: readonly Value[], _prefix: number, heads: number, size: number): Value {
    const { reshape, transpose } = arithmetic(this.#graph);
    return reshape(transpose(x!, 0, 2, 1, 3), -1, heads * size);
  }
}
