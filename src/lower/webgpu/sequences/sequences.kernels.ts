/** WGSL of the ops between rows and sequences. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import repeatWgsl from './repeatRows.wgsl?raw';
import spreadBlocks from './sequenceSpread.blocks.wgsl?raw';
import spreadTokens from './sequenceSpread.tokens.wgsl?raw';
import sumBlocks from './sequenceSum.blocks.wgsl?raw';
import sumTokens from './sequenceSum.tokens.wgsl?raw';
import sumRepeatsWgsl from './sumRepeats.wgsl?raw';

const flag = (value: unknown) => (value ? 'true' : 'false');

export function sequenceSumKernels(node: OpNode) {
  const block = Number(node.attributes.block);
  const mean = { MEAN: flag(node.attributes.mean) };
  return block === 0
    ? elementwise(node, { wgsl: sumTokens, constants: mean, inputs: [0, 2] })
    : elementwise(node, {
        wgsl: sumBlocks,
        constants: { ...mean, PER_SEQUENCE: u32(block) },
        inputs: [0],
      });
}

export function sequenceSpreadKernels(node: OpNode) {
  const block = Number(node.attributes.block);
  const mean = { MEAN: flag(node.attributes.mean) };
  return block === 0
    ? elementwise(node, { wgsl: spreadTokens, constants: mean, inputs: [0, 1] })
    : elementwise(node, {
        wgsl: spreadBlocks,
        constants: { ...mean, PER_SEQUENCE: u32(block) },
        inputs: [0],
      });
}

export const repeatRowsKernels = (node: OpNode) =>
  elementwise(node, { wgsl: repeatWgsl, extents: { blockRows: node.inputs[0]!.shape.rows } });

export const sumRepeatsKernels = (node: OpNode) =>
  elementwise(node, { wgsl: sumRepeatsWgsl, extents: { summands: 'sequences' } });
