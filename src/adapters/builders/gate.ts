/**
 * The gate of UniPELT (Mao et al. 2022, arXiv:2110.07577) as AdapterHub has it: one number a sequence and output,
 * the mean over all its positions, padding included, of σ(gate(x)). Gated methods therefore depend on the padded length.
 */
import type { Node } from '../../graph/graph';
import type { BuildContext, Initializer } from '../../models/hooks';
import { activate } from '../../ops/activation/activation';
import { linear } from '../../ops/gemm/gemm';
import { meanOfSequences } from '../../ops/sequences/sequences';
import type { AdapterParameter } from './parts';

/** `bias`: uniform as torch's `Linear` unless the module sets it to 0. */
export function gateParameters(
  module: string,
  into: number,
  outputs: number,
  bias: Initializer = { kind: 'uniform', bound: 1 / Math.sqrt(into) },
): readonly AdapterParameter[] {
  return [
    {
      name: `${module}.weight`,
      shape: [outputs, into],
      initializer: { kind: 'normal', standardDeviation: 0.02 },
    },
    { name: `${module}.bias`, shape: [outputs], initializer: bias },
  ];
}

/** x [tokens, in] → [sequences, outputs]. */
export function gateOf(context: BuildContext, module: string, x: Node, outputs: number): Node {
  const { graph } = context;
  const weight = context.parameter(`${module}.weight`, [outputs, x.shape.cols]);
  const bias = context.parameter(`${module}.bias`, [outputs]);
  const open = activate(graph, linear(graph, x, weight, bias, 'gate.linear'), 'sigmoid', 'gate.sigmoid');
  return meanOfSequences(graph, open, context, 'gate.mean');
}
