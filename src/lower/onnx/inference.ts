/** Lowerings of a model that only answers: no backward shares their parts, so each is the one operator there is for it. */
import { activation } from './activation';
import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';

const gelu: OnnxLowering = (call) =>
  call.node.attributes.kind === 'gelu' ? call.graph.op('Gelu', [call.inputs[0]!]) : activation(call);

const layerNorm: OnnxLowering = ({ node, inputs, graph }) => {
  const { op, add, reshape } = arithmetic(graph);
  const { residual, epsilon } = node.attributes;
  const [gamma, beta] = inputs.slice(residual ? 2 : 1).map((vector) => reshape(vector, -1));
  const x = residual ? add(inputs[0]!, inputs[1]!) : inputs[0]!;
  return op('LayerNormalization', [x, gamma!, beta!], { axis: -1, epsilon: { float: Number(epsilon) } });
};

export const inferenceLowerings: Readonly<Record<string, OnnxLowering>> = { activation: gelu, layerNorm };
