import { arithmetic } from './arithmetic';
import type { OnnxLowering } from './lowering';

export const softmax: OnnxLowering = ({ inputs: [x], graph }) => graph.op('Softmax', [x!], { axis: -1 });

export const softmaxGrad: OnnxLowering = ({ inputs: [p, dP], graph }) => {
  const { mul, sub, sum } = arithmetic(graph);
  return mul(p!, sub(dP!, sum(mul(p!, dP!), -1)));
};
