/**
 * What an op is: a shape rule, a backward that returns graph nodes, the float64 definition, its WGSL kernels, its FLOPs.
 * Only the interface; the ops are in `src/ops`.
 */
import type { Storage } from './frozen';
import type { Attributes, Extents, GraphBuilder, Node, OpNode, Rows, Shape } from './graph';

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

/** What a kernel binds at index 1 and up; index 0 is always the uniform `step`. */
export type KernelBinding =
  | { readonly kind: 'input'; readonly index: number }
  | { readonly kind: 'output' }
  /** Memory of this node alone, `floats` long at the largest batch, shared by the dispatches of the node. */
  | { readonly kind: 'scratch'; readonly floats: (extents: Extents) => number };

/** One dispatch. `wgsl` declares its bindings itself and has the entry point `main`. */
export interface KernelDispatch {
  readonly label: string;
  readonly wgsl: string;
  /** Prepended as `const NAME = VALUE;`: numbers as given (`8u`, `0.125f`), so the text states their type. */
  readonly constants: Readonly<Record<string, string>>;
  /** Each becomes `fn NAME() -> u32`: the batch's tokens or sequences, or a constant. */
  readonly extents: Readonly<Record<string, Rows>>;
  readonly bindings: readonly KernelBinding[];
  /** Workgroups for this batch; each dimension at most 65,535. */
  readonly workgroups: (extents: Extents) => readonly [number, number, number];
}

/** How the values of a node are stored: f32 but for some frozen leaves. */
export type StorageOf = (node: Node) => Storage;

/** One way to compute a node. The runtime chooses among those whose features the device has. */
export interface KernelVariant {
  readonly name: string;
  readonly requires: readonly 'subgroups'[];
  readonly dispatches: readonly KernelDispatch[];
}

export interface Op {
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
   * All ways the GPU can compute this node, the plainest first. `storageOf` says how an input is stored: in f32, but
   * for `compactInput`.
   */
  kernels(node: OpNode, storageOf: StorageOf): readonly KernelVariant[];
  /** The input that the kernels can read from compact storage. */
  readonly compactInput?: number;
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
