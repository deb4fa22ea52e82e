/** WGSL of `taskMask`. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import wgsl from './taskMask.wgsl?raw';

export const taskMaskKernels = (node: OpNode) =>
  elementwise(node, { wgsl, constants: { TASK: u32(Number(node.attributes.task)) } });
