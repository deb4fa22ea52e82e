/** WGSL of `reshape`: a copy. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import wgsl from './reshape.wgsl?raw';

export const reshapeKernels = (node: OpNode) => elementwise(node, { wgsl });
