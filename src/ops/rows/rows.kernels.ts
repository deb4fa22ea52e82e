/** WGSL of `rows`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function takeFirstKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function scatterFirstKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
