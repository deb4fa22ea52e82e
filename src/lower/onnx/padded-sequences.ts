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
    return op('Reshape', [x, concatRows(this.count, axes(-1), op('Shape', [x], { start: 1 }))]);
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

  fromGrids([x]: readonly Value[], _prefix: number): Value {
    return x!;
  }
}
