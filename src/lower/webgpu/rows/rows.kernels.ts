/** WGSL of `takeFirst` and `scatterFirst`. */
import type { OpNode } from '../../../graph/graph';
import { perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import scatter from './scatterFirst.wgsl?raw';
import take from './takeFirst.wgsl?raw';

function elementwise(node: OpNode, kernel: string): readonly KernelVariant[] {
  const { cols } = node.shape;
  const dispatch = perRow(node, {
    label: node.op.name,
    wgsl: grid + kernel,
    constants: { COLS: u32(cols) },
    inputs: [0, 1],
    invocationsPerRow: cols,
  });
  return [{ name: 'element', requires: [], dispatches: [dispatch] }];
}

export const takeFirstKernels = (node: OpNode) => elementwise(node, take);
export const scatterFirstKernels = (node: OpNode) => elementwise(node, scatter);
