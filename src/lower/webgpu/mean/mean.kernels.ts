/** WGSL of `mean` and `meanGrad`. */
import type { OpNode } from '../../../graph/graph';
import { inputsThenOutput, perRow } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import meanWgsl from './mean.wgsl?raw';
import meanGradWgsl from './meanGrad.wgsl?raw';

export function meanKernels(node: OpNode): readonly KernelVariant[] {
  const dispatch = {
    label: 'mean',
    wgsl: meanWgsl,
    constants: {},
    extents: { summands: node.inputs[0]!.shape.rows },
    bindings: inputsThenOutput(1),
    workgroups: () => [1, 1, 1] as const,
  };
  return [{ name: 'sequential', requires: [], dispatches: [dispatch] }];
}

export function meanGradKernels(node: OpNode): readonly KernelVariant[] {
  const dispatch = perRow(node, {
    label: 'meanGrad',
    wgsl: grid + meanGradWgsl,
    constants: {},
    invocationsPerRow: 1,
  });
  return [{ name: 'element', requires: [], dispatches: [dispatch] }];
}
