/** Workgroup counts for kernels whose invocations are numbered from 0, and the bindings most kernels have. */
import { type Extents, type OpNode, rowCount } from '../../graph/graph';
import type { KernelBinding, KernelDispatch } from './kernel';

/** Invocations a workgroup has in every kernel with a linear grid. Twin: `grid.wgsl`. */
const workgroupSize = 64;
const maxWorkgroupsPerDimension = 65_535;

/** A 1-D grid folded into two dimensions where it is longer than WebGPU allows. */
export function linearGrid(invocations: number): readonly [number, number, number] {
  const groups = Math.ceil(invocations / workgroupSize);
  return groups <= maxWorkgroupsPerDimension
    ? [groups, 1, 1]
    : [maxWorkgroupsPerDimension, Math.ceil(groups / maxWorkgroupsPerDimension), 1];
}

/** Inputs in order, then the output. */
export function inputsThenOutput(inputs: number): readonly KernelBinding[] {
  return [
    ...Array.from({ length: inputs }, (_, index) => ({ kind: 'input' as const, index })),
    { kind: 'output' as const },
  ];
}

export interface RowKernel {
  readonly label: string;
  readonly wgsl: string;
  readonly constants: Readonly<Record<string, string>>;
  /** Which inputs are bound, in order; all of them unless given. */
  readonly inputs?: readonly number[];
  readonly invocationsPerRow: number;
}

/** A dispatch with `invocationsPerRow` invocations for each row of the node; the kernel calls `rows()`. */
export function perRow(
  node: OpNode,
  { label, wgsl, constants, inputs, invocationsPerRow }: RowKernel,
): KernelDispatch {
  const bound = inputs ?? node.inputs.map((_, i) => i);
  return {
    label,
    wgsl,
    constants,
    extents: { rows: node.shape.rows },
    bindings: [...bound.map((index) => ({ kind: 'input' as const, index })), { kind: 'output' as const }],
    workgroups: (extents: Extents) => linearGrid(rowCount(node.shape.rows, extents) * invocationsPerRow),
  };
}

export const u32 = (value: number) => `${value}u`;

/** A float constant that WGSL reads back as the same float32. */
export const f32 = (value: number) => `${Math.fround(value).toExponential()}f`;
