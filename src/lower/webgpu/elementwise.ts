/** The commonest kernel: one invocation for each element of the result. */
import type { OpNode, Rows } from '../../graph/graph';
import { perRow, u32 } from './grid';
import grid from './grid.wgsl?raw';
import type { KernelVariant } from './kernel';

export interface ElementKernel {
  readonly wgsl: string;
  /** Beside `COLS`, the columns of the result. */
  readonly constants?: Readonly<Record<string, string>>;
  /** Beside `rows`, the rows of the result. */
  readonly extents?: Readonly<Record<string, Rows>>;
  /** Which inputs are bound, in order; all of them unless given. */
  readonly inputs?: readonly number[];
}

/** `wgsl` calls `linearIndex`, `rows()` and `COLS`. */
export function elementwise(
  node: OpNode,
  { wgsl, constants = {}, extents = {}, inputs }: ElementKernel,
): readonly KernelVariant[] {
  const { cols } = node.shape;
  const dispatch = perRow(node, {
    label: node.op.name,
    wgsl: grid + wgsl,
    constants: { COLS: u32(cols), ...constants },
    ...(inputs ? { inputs } : {}),
    invocationsPerRow: cols,
  });
  return [
    {
      name: 'element',
      requires: [],
      dispatches: [{ ...dispatch, extents: { ...dispatch.extents, ...extents } }],
    },
  ];
}
