/** WGSL of `columnSum`. */
import type { OpNode } from '../../../graph/graph';
import { inputsThenOutput, linearGrid, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import columnSumWgsl from './columnSum.wgsl?raw';

export function columnSumKernels(node: OpNode): readonly KernelVariant[] {
  const { cols } = node.shape;
  const dispatch = {
    label: 'columnSum',
    wgsl: grid + columnSumWgsl,
    constants: { COLS: u32(cols) },
    extents: { summands: node.inputs[0]!.shape.rows },
    bindings: inputsThenOutput(1),
    workgroups: () => linearGrid(cols),
  };
  return [{ name: 'column', requires: [], dispatches: [dispatch] }];
}
