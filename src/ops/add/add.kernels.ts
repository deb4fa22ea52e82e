/** WGSL of `add`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function addKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
