/** WGSL of `rowDot`. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import wgsl from './rowDot.wgsl?raw';

export const rowDotKernels = (node: OpNode) =>
  elementwise(node, { wgsl, constants: { INNER: u32(node.inputs[0]!.shape.cols) } });
