/**
 * WGSL of `orthonormal`: reflections follow one another, columns are independent. Forward, a column an invocation; backward,
 * one workgroup, since every reflection's gradient sums over the columns.
 */
import type { OpNode } from '../../../graph/graph';
import { perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelBinding, KernelVariant } from '../kernel';
import forwardWgsl from './orthonormal.wgsl?raw';
import gradWgsl from './orthonormalGrad.wgsl?raw';

export function orthonormalKernels(node: OpNode): readonly KernelVariant[] {
  const dispatch = perRow(node, {
    label: 'orthonormal',
    wgsl: grid + forwardWgsl,
    constants: { RANK: u32(Number(node.shape.rows)), SIZE: u32(node.shape.cols) },
    invocationsPerRow: 1,
  });
  return [{ name: 'column', requires: [], dispatches: [dispatch] }];
}

export function orthonormalGradKernels(node: OpNode): readonly KernelVariant[] {
  const [rank, size] = [Number(node.shape.rows), node.shape.cols];
  const scratch: KernelBinding = { kind: 'scratch', floats: () => 2 * rank * size + 2 * rank };
  const dispatch = {
    label: 'orthonormalGrad',
    wgsl: gradWgsl,
    constants: { RANK: u32(rank), SIZE: u32(size) },
    extents: {},
    bindings: [
      { kind: 'input' as const, index: 0 },
      { kind: 'input' as const, index: 1 },
      { kind: 'output' as const },
      scratch,
    ],
    workgroups: () => [1, 1, 1] as const,
  };
  return [{ name: 'workgroup', requires: [], dispatches: [dispatch] }];
}
