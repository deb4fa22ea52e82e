/** How WebGPU computes an op: the ways there are, and what a dispatch of one consists of. Knows no device. */
import type { Storage } from '../../graph/frozen';
import type { Extents, Node, OpNode, Rows } from '../../graph/graph';

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

/** One way to compute a node. The runtime chooses among those whose features the device has. */
export interface KernelVariant {
  readonly name: string;
  readonly requires: readonly 'subgroups'[];
  readonly dispatches: readonly KernelDispatch[];
}

/** How the values of a node are stored: f32 but for some frozen leaves. */
export type StorageOf = (node: Node) => Storage;

export interface Lowering {
  /**
   * All ways to compute this node, the plainest first. `storageOf` says how an input is stored: in f32, but for
   * `compactInput`.
   */
  kernels(node: OpNode, storageOf: StorageOf): readonly KernelVariant[];
  /** The input that the kernels can read from compact storage. The memory plan stores a weight so where all its readers can. */
  readonly compactInput?: number;
  /** Variants for a software adapter, which times none: best first; else it takes the plainest. */
  readonly softwareOrder?: readonly string[];
}
