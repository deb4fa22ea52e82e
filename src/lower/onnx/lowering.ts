/** How an op becomes ONNX operators: what a lowering is, and what of a batch it may ask for. */
import type { OpNode } from '../../graph/graph';
import type { StepScalars } from '../../graph/op';
import type { OnnxGraph, Value } from './onnx-graph';
import type { Sequences } from './sequences-of-batch';

/** Numbers that the executor computes for each batch and hands to the model beside the batch: dropout masks. */
export interface HostInput {
  readonly name: string;
  readonly dims: (step: StepScalars, layout: Uint32Array) => readonly number[];
  /** `layout` u32 [B, 4] of the batch: first row, rows, keys, 0. */
  readonly compute: (step: StepScalars, layout: Uint32Array) => Float32Array;
}

export interface LoweringCall {
  readonly node: OpNode;
  /** Matrices [rows, cols] as the graph has them; u32 leaves are int32. */
  readonly inputs: readonly Value[];
  readonly graph: OnnxGraph;
  /** Where the batch's sequences lie. */
  readonly sequences: Sequences;
  /** Declares an f32 input that the executor fills. Same name, same input. */
  readonly hostInput: (input: HostInput) => Value;
}

/** Returns the node's value, [rows, cols]. */
export type OnnxLowering = (call: LoweringCall) => Value;
