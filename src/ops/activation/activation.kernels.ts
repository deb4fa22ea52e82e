/** WGSL of `activation`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function activationKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function activationGradKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
