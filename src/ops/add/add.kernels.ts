/** WGSL of `add`. */
import type { OpNode } from '../../graph/graph';
import type { KernelVariant } from '../../graph/op';
import { perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import addWgsl from './add.wgsl?raw';

export function addKernels(node: OpNode): readonly KernelVariant[] {
  const { cols } = node.shape;
  const dispatch = perRow(node, {
    label: 'add',
    wgsl: grid + addWgsl,
    constants: { COLS: u32(cols) },
    invocationsPerRow: cols,
  });
  return [{ name: 'element', requires: [], dispatches: [dispatch] }];
}
