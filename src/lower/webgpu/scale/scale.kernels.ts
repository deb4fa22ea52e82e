/** WGSL of `scale`: one kernel, the index of the factor concatenated. */
import type { OpNode } from '../../../graph/graph';
import type { ScaleMode } from '../../../ops/scale/scale';
import { elementwise } from '../elementwise';
import { f32, u32 } from '../grid';
import byColumn from './index.column.wgsl?raw';
import byElement from './index.element.wgsl?raw';
import byRow from './index.row.wgsl?raw';
import byScalar from './index.scalar.wgsl?raw';
import bySequence from './index.sequence.wgsl?raw';
import byTokens from './index.tokens.wgsl?raw';
import scaleTokensWgsl from './scale.tokens.wgsl?raw';
import scaleWgsl from './scale.wgsl?raw';
import scaleByWgsl from './scaleBy.wgsl?raw';

const indices: Readonly<Record<Exclude<ScaleMode, 'sequence'>, string>> = {
  element: byElement,
  row: byRow,
  column: byColumn,
  scalar: byScalar,
};

export function scaleKernels(node: OpNode) {
  const mode = node.attributes.mode as ScaleMode;
  if (mode !== 'sequence') return elementwise(node, { wgsl: indices[mode] + scaleWgsl });
  const block = Number(node.attributes.block);
  if (block === 0) return elementwise(node, { wgsl: byTokens + scaleTokensWgsl, inputs: [0, 1, 2] });
  return elementwise(node, {
    wgsl: bySequence + scaleWgsl,
    constants: { PER_SEQUENCE: u32(block) },
    inputs: [0, 1],
  });
}

export const scaleByKernels = (node: OpNode) =>
  elementwise(node, { wgsl: scaleByWgsl, constants: { FACTOR: f32(Number(node.attributes.factor)) } });
