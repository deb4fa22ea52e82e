/** WGSL of `activation` and `activationGrad`: one kernel each, the function concatenated. */
import type { OpNode } from '../../../graph/graph';
import type { ActivationName } from '../../../ops/activation/activation';
import { perRow, u32 } from '../grid';
import grid from '../grid.wgsl?raw';
import type { KernelVariant } from '../kernel';
import activationWgsl from './activation.wgsl?raw';
import activationGradWgsl from './activationGrad.wgsl?raw';
import gelu from './functions/gelu.wgsl?raw';
import geluNew from './functions/gelu_new.wgsl?raw';
import leakyrelu from './functions/leakyrelu.wgsl?raw';
import relu from './functions/relu.wgsl?raw';
import sigmoid from './functions/sigmoid.wgsl?raw';
import swish from './functions/swish.wgsl?raw';
import tanh from './functions/tanh.wgsl?raw';

const functions: Readonly<Record<ActivationName, string>> = {
  gelu,
  gelu_new: geluNew,
  leakyrelu,
  relu,
  sigmoid,
  swish,
  silu: swish,
  tanh,
};

function elementwise(node: OpNode, kernel: string): readonly KernelVariant[] {
  const { cols } = node.shape;
  const dispatch = perRow(node, {
    label: `${node.op.name}.${node.attributes.kind}`,
    wgsl: grid + functions[node.attributes.kind as ActivationName] + kernel,
    constants: { COLS: u32(cols) },
    invocationsPerRow: cols,
  });
  return [{ name: 'element', requires: [], dispatches: [dispatch] }];
}

export const activationKernels = (node: OpNode) => elementwise(node, activationWgsl);
export const activationGradKernels = (node: OpNode) => elementwise(node, activationGradWgsl);
