/** WGSL of `softmax` and its gradient: a row an invocation, since rows are a few adapters long. */
import type { OpNode } from '../../../graph/graph';
import { perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import softmaxWgsl from './softmax.wgsl?raw';
import softmaxGradWgsl from './softmaxGrad.wgsl?raw';

function rowwise(node: OpNode, kernel: string): readonly KernelVariant[] {
  const dispatch = perRow(node, {
    label: node.op.name,
    wgsl: grid + kernel,
    constants: { COLS: u32(node.shape.cols) },
    invocationsPerRow: 1,
  });
  return [{ name: 'row', requires: [], dispatches: [dispatch] }];
}

export const softmaxKernels = (node: OpNode) => rowwise(node, softmaxWgsl);
export const softmaxGradKernels = (node: OpNode) => rowwise(node, softmaxGradWgsl);
