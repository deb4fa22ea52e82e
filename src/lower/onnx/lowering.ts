/** How an op becomes ONNX operators: what a lowering is, and what of a batch it may ask for. */
import type { OpNode } from '../../graph/graph';
import type { StepScalars } from '../../graph/op';
import type { OnnxGraph, Value } from './onnx-graph';
import type { Sequences } from './sequences-of-batch';

/** Numbers that the executor computes for each batch and hands to the model beside the batch: dropout masks, indices. */
export interface HostInput {
  readonly name: string;
  readonly type: 'f32' | 'i32';
  readonly dims: (step: StepScalars, layout: Uint32Array) => readonly number[];
  /** `layout` u32 [B, 4] of the batch: first row, rows, keys, 0. */
  /** Of the type: f32, or what i32 holds as unsigned numbers. */
  readonly compute: (step: StepScalars, layout: Uint32Array) => Float32Array | Uint32Array;
}

/** The batch's sequences as padded grids, each [B_g, T_g]: every sequence is in one of them. */
export interface Grids {
  readonly grids: readonly Sequences[];
  /** Of each grid [B_g, nH, T_g + prefix, n] → the batch's rows [rows, nH · n]. */
  fromHeads(xs: readonly Value[], prefix: number, heads: number, size: number): Value;
}

export interface LoweringCall {
  readonly node: OpNode;
  /** Matrices [rows, cols] as the graph has them; u32 leaves are int32. */
  readonly inputs: readonly Value[];
  readonly graph: OnnxGraph;
  /** Where the batch's sequences lie. */
  readonly sequences: Sequences;
  /** The same in grids with less padding than one has that is as wide as the longest of them. */
  readonly grids: Grids;
  /** Declares an input that the executor fills. Same name, same input. */
  readonly hostInput: (input: HostInput) => Value;
}

/** Returns the node's value, [rows, cols]. */
export type OnnxLowering = (call: LoweringCall) => Value;
