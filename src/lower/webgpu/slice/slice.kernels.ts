/** WGSL of `slice` and `place`. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import placeWgsl from './place.wgsl?raw';
import sliceWgsl from './slice.wgsl?raw';

const rectangle = ({ attributes, inputs }: OpNode) => ({
  ROW_START: u32(Number(attributes.rowStart)),
  COL_START: u32(Number(attributes.colStart)),
  SOURCE_COLS: u32(inputs[0]!.shape.cols),
});

export const sliceKernels = (node: OpNode) =>
  elementwise(node, { wgsl: sliceWgsl, constants: rectangle(node) });

export const placeKernels = (node: OpNode) =>
  elementwise(node, {
    wgsl: placeWgsl,
    constants: rectangle(node),
    extents: { sourceRows: node.inputs[0]!.shape.rows },
  });
