/** WGSL of the row losses and their gradients: a row an invocation, since classes and sequences are few. */
import type { OpNode } from '../../../graph/graph';
import type { RowLossName } from '../../../ops/losses/losses';
import { perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import binary from './binaryCrossEntropy.wgsl?raw';
import binaryGrad from './binaryCrossEntropyGrad.wgsl?raw';
import soft from './softCrossEntropy.wgsl?raw';
import softGrad from './softCrossEntropyGrad.wgsl?raw';
import squared from './squaredError.wgsl?raw';
import squaredGrad from './squaredErrorGrad.wgsl?raw';

const values: Readonly<Record<RowLossName, string>> = {
  softCrossEntropy: soft,
  binaryCrossEntropy: binary,
  squaredError: squared,
};
const gradients: Readonly<Record<RowLossName, string>> = {
  softCrossEntropy: softGrad,
  binaryCrossEntropy: binaryGrad,
  squaredError: squaredGrad,
};

function rowwise(node: OpNode, kernels: Readonly<Record<RowLossName, string>>): readonly KernelVariant[] {
  const kind = node.attributes.kind as RowLossName;
  const dispatch = perRow(node, {
    label: `${node.op.name}.${kind}`,
    wgsl: grid + kernels[kind],
    constants: { CLASSES: u32(node.inputs[0]!.shape.cols) },
    invocationsPerRow: 1,
  });
  return [{ name: 'row', requires: [], dispatches: [dispatch] }];
}

export const rowLossKernels = (node: OpNode) => rowwise(node, values);
export const rowLossGradKernels = (node: OpNode) => rowwise(node, gradients);
