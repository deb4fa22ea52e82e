/** WGSL of `add` and `rowAdd`. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import addWgsl from './add.wgsl?raw';
import rowAddWgsl from './rowAdd.wgsl?raw';

export const addKernels = (node: OpNode) => elementwise(node, { wgsl: addWgsl });
export const rowAddKernels = (node: OpNode) => elementwise(node, { wgsl: rowAddWgsl });
