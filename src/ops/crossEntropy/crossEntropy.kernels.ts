/** WGSL of `crossEntropy`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function crossEntropyKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function crossEntropyGradKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
