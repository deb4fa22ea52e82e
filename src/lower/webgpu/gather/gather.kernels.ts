/** WGSL of `gather` and its gradient. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import gatherWgsl from './gather.wgsl?raw';
import gatherGradWgsl from './gatherGrad.wgsl?raw';

export const gatherKernels = (node: OpNode) => elementwise(node, { wgsl: gatherWgsl, inputs: [0, 1] });

export const gatherGradKernels = (node: OpNode) =>
  elementwise(node, { wgsl: gatherGradWgsl, constants: { PADDING: `${node.attributes.padding}i` } });
