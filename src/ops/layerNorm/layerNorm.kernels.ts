/** WGSL of `layerNorm`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function layerNormKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function layerNormGradInputKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
