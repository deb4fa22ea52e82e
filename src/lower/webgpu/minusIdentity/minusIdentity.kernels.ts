/** WGSL of `minusIdentity`. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import wgsl from './minusIdentity.wgsl?raw';

export const minusIdentityKernels = (node: OpNode) => elementwise(node, { wgsl });
