/** WGSL of joining and parting keys. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import placePrefix from '../keys-place.prefix.wgsl?raw';
import placeTokens from '../keys-place.tokens.wgsl?raw';
import joinWgsl from './joinKeys.wgsl?raw';
import takePrefixWgsl from './takePrefix.wgsl?raw';
import takeTokensWgsl from './takeTokens.wgsl?raw';

const prefixOf = ({ attributes }: OpNode) => Number(attributes.prefix);
const beforeOf = ({ attributes }: OpNode) => Number(attributes.before);

/** `PREFIX` is what `keyPlace` counts with: the rows in front of each sequence in the matrix whose rows it looks up. */
export const joinKeysKernels = (node: OpNode) =>
  elementwise(node, {
    wgsl: placePrefix + joinWgsl,
    constants: {
      PREFIX: u32(prefixOf(node) + beforeOf(node)),
      NEW: u32(prefixOf(node)),
      BEFORE: u32(beforeOf(node)),
    },
    inputs: [0, 1, 2],
  });

export const takePrefixKernels = (node: OpNode) =>
  elementwise(node, {
    wgsl: takePrefixWgsl,
    constants: { NEW: u32(prefixOf(node)), ALL: u32(prefixOf(node) + beforeOf(node)) },
    inputs: [0, 2],
  });

export const takeTokensKernels = (node: OpNode) =>
  elementwise(node, {
    wgsl: (beforeOf(node) > 0 ? placePrefix : placeTokens) + takeTokensWgsl,
    constants: { PREFIX: u32(beforeOf(node)), NEW: u32(prefixOf(node)) },
    inputs: [0, 1],
  });
