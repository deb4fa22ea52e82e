/**
 * What an op is: a shape rule, a backward that returns graph nodes, the float64 definition, its FLOPs. Only the interface;
 * the ops are in `src/ops`, and how an executor computes them in `src/lower/<executor>`.
 */
import type { Attributes, Extents, GraphBuilder, Node, OpNode, Shape } from './graph';

/** Scalars that change from step to step and that every kernel can read. */
export interface StepScalars extends Extents {
  /** Of the run; keys every dropout mask. */
  readonly seed: number;
  /** Counts micro-batches over the whole run, so that masks never repeat and a resume draws the same ones. */
  readonly microStep: number;
}

export type Values = Float64Array | Uint32Array;

/** One execution of one node by the float64 reference. Matrices are row-major. */
export interface ReferenceCall {
  readonly inputs: readonly Values[];
  /** `[rows, cols]` of each input with this batch's rows. */
  readonly inputShapes: readonly (readonly [rows: number, cols: number])[];
  readonly attributes: Attributes;
  readonly rows: number;
  readonly cols: number;
  readonly step: StepScalars;
  /** Zeroed before the call. */
  readonly out: Float64Array;
}

export interface Op {
  /** Unique: lowerings are looked up by it. */
  readonly name: string;
  /** Throws (programmer error) where the shapes do not fit, naming both. */
  infer(inputs: readonly Shape[], attributes: Attributes): Shape;
  /**
   * Gradients by input, as graph nodes; null for an input that takes none. `wants[i]` is false where nothing trainable
   * is behind input i: no node is made for it.
   */
  backward?(
    node: OpNode,
    dOut: Node,
    wants: readonly boolean[],
    graph: GraphBuilder,
  ): readonly (Node | null)[];
  reference(call: ReferenceCall): void;
  /**
   * Multiplications and additions of one execution. Attention takes every sequence as `tokens / sequences` long, since
   * the graph does not know the lengths.
   */
  flops(
    inputShapes: readonly (readonly [number, number])[],
    rows: number,
    cols: number,
    extents: Extents,
  ): number;
}
