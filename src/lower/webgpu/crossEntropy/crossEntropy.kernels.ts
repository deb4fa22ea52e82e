/** WGSL of `crossEntropy` and its gradient: a row an invocation, since classes and sequences are few. */
import type { OpNode } from '../../../graph/graph';
import { perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import lossWgsl from './crossEntropy.wgsl?raw';
import gradWgsl from './crossEntropyGrad.wgsl?raw';

function rowwise(node: OpNode, kernel: string): readonly KernelVariant[] {
  const classes = node.inputs[0]!.shape.cols;
  const dispatch = perRow(node, {
    label: node.op.name,
    wgsl: grid + kernel,
    constants: { CLASSES: u32(classes) },
    invocationsPerRow: 1,
  });
  return [{ name: 'row', requires: [], dispatches: [dispatch] }];
}

export const crossEntropyKernels = (node: OpNode) => rowwise(node, lossWgsl);
export const crossEntropyGradKernels = (node: OpNode) => rowwise(node, gradWgsl);
