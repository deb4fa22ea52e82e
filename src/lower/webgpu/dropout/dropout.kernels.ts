/** WGSL of `dropout`: token rows look up their place, sequence rows are their own. */
import type { OpNode } from '../../../graph/graph';
import { dropThreshold } from '../../../ops/dropout/rng';
import { f32, perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import sequences from './dropout.sequences.wgsl?raw';
import tokens from './dropout.tokens.wgsl?raw';
import rng from './rng.wgsl?raw';

/** Constants of a mask; `attention` draws its own with the same hash. */
export function maskConstants(rate: number, site: number): Readonly<Record<string, string>> {
  return { SITE: u32(site), THRESHOLD: u32(dropThreshold(rate)), SCALE: f32(1 / (1 - rate)) };
}

export function dropoutKernels(node: OpNode): readonly KernelVariant[] {
  const { cols } = node.shape;
  const dispatch = perRow(node, {
    label: 'dropout',
    wgsl: grid + rng + (node.inputs.length === 2 ? tokens : sequences),
    constants: {
      COLS: u32(cols),
      ...maskConstants(Number(node.attributes.rate), Number(node.attributes.site)),
    },
    invocationsPerRow: cols,
  });
  return [{ name: 'element', requires: [], dispatches: [dispatch] }];
}
