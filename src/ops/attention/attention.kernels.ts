/** WGSL of `attention`: the ways to compute it, the plainest first. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';

export function attentionLseKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function attentionKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function attentionDeltaKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function attentionGradQueryKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function attentionGradKeyKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}

export function attentionGradValueKernels(_node: OpNode): readonly KernelVariant[] {
  return [];
}
