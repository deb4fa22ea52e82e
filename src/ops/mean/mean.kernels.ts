/** WGSL of `mean`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function meanKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function meanGradKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
