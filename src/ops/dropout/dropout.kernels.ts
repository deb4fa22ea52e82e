/** WGSL of `dropout`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function dropoutKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
