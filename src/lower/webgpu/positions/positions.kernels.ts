/** WGSL of the ops on positions: `pickedIndex` of a token row and its inverse are concatenated by where counting begins. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import clearWgsl from './clearPositions.wgsl?raw';
import fromEnd from './from.end.wgsl?raw';
import fromStart from './from.start.wgsl?raw';
import putWgsl from './putPositions.wgsl?raw';
import scatterWgsl from './scatterPositions.wgsl?raw';
import takeWgsl from './takePositions.wgsl?raw';

function positions(node: OpNode, wgsl: string, inputs: readonly number[]) {
  const { from, offset, count } = node.attributes;
  return elementwise(node, {
    wgsl: (from === 'start' ? fromStart : fromEnd) + wgsl,
    constants: { COUNT: u32(Number(count)), OFFSET: u32(Number(offset)) },
    inputs,
  });
}

export const takePositionsKernels = (node: OpNode) => positions(node, takeWgsl, [0, 2]);
export const scatterPositionsKernels = (node: OpNode) => positions(node, scatterWgsl, [0, 1]);
export const putPositionsKernels = (node: OpNode) => positions(node, putWgsl, [0, 1, 2]);
export const clearPositionsKernels = (node: OpNode) => positions(node, clearWgsl, [0, 1]);
