/** WGSL of `inverseRowNorm` and its gradient. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import normWgsl from './inverseRowNorm.wgsl?raw';
import gradWgsl from './inverseRowNormGrad.wgsl?raw';

export const inverseRowNormKernels = (node: OpNode) =>
  elementwise(node, { wgsl: normWgsl, constants: { INNER: u32(node.inputs[0]!.shape.cols) } });

export const inverseRowNormGradKernels = (node: OpNode) => elementwise(node, { wgsl: gradWgsl });
