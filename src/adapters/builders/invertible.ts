/**
 * The invertible block of MAD-X (Pfeiffer et al. 2020, arXiv:2005.00052), NICE coupling (Dinh et al. 2014, arXiv:1410.8516):
 * x1, x2 = halves of the embeddings; y1 = x1 + F(x2), y2 = x2 + G(y1); F and G two linear layers with the adapter's
 * non-linearity. A classification head does not invert it.
 */
import type { Node } from '../../graph/graph';
import type { BuildContext, EncoderConfig } from '../../models/hooks';
import { sum } from '../../ops/add/add';
import { linear } from '../../ops/gemm/gemm';
import { columnsOf, placeColumns } from '../../ops/slice/slice';
import { type AdapterConfig, readNumber, requireValue } from '../config';
import { applyNonLinearity, type NonLinearity } from './activation-key';
import type { AdapterParameter, AdapterParts } from './parts';

interface Net {
  readonly name: string;
  readonly into: number;
  readonly middle: number;
  readonly out: number;
}

/** No parts where the configuration has no `inv_adapter`. */
export function invertibleParts(
  method: string,
  config: AdapterConfig,
  model: EncoderConfig,
  adapterName: string,
  nonLinearity: NonLinearity,
): AdapterParts {
  if ((config.inv_adapter ?? null) === null) return { parameters: [] };
  // The library accepts "glow" too, but its forward pass fails.
  requireValue(method, config, 'inv_adapter', 'nice');
  const factor = readNumber(method, config, 'inv_adapter_reduction_factor', 2);
  const first = Math.floor(model.hiddenSize / 2);
  const second = model.hiddenSize - first;
  const net = (part: 'F' | 'G', into: number, out: number): Net => ({
    name: `${model.family.prefix}.invertible_adapters.${adapterName}.${part}`,
    into,
    middle: Math.floor(into / factor),
    out,
  });
  const [f, g] = [net('F', second, first), net('G', first, second)];
  const apply = ({ graph, parameter, ...rest }: BuildContext, { name, into, middle, out }: Net, x: Node) => {
    const dense = (value: Node, place: number, [rows, cols]: readonly [number, number]) =>
      linear(
        graph,
        value,
        parameter(`${name}.${place}.weight`, [rows, cols]),
        parameter(`${name}.${place}.bias`, [rows]),
        `${name}.${place}`,
      );
    const hidden = applyNonLinearity(
      { graph, parameter, ...rest },
      dense(x, 0, [middle, into]),
      nonLinearity,
      `${name}.1`,
    );
    return dense(hidden, 2, [out, middle]);
  };
  return {
    parameters: [f, g].flatMap(netParameters),
    invertible(context, x) {
      const { graph } = context;
      const [x1, x2] = [
        columnsOf(graph, x, 0, first, 'nice.x1'),
        columnsOf(graph, x, first, second, 'nice.x2'),
      ];
      const y1 = sum(graph, x1, apply(context, f, x2), 'nice.y1');
      const y2 = sum(graph, x2, apply(context, g, y1), 'nice.y2');
      const whole = (part: Node, start: number) =>
        placeColumns(graph, part, start, model.hiddenSize, 'nice.place');
      return sum(graph, whole(y1, 0), whole(y2, first), 'nice.y');
    },
  };
}

function netParameters({ name, into, middle, out }: Net): AdapterParameter[] {
  const normal = { kind: 'normal', standardDeviation: 0.02 } as const;
  const zero = { kind: 'constant', value: 0 } as const;
  return [
    { name: `${name}.0.weight`, shape: [middle, into], initializer: normal },
    { name: `${name}.0.bias`, shape: [middle], initializer: zero },
    { name: `${name}.2.weight`, shape: [out, middle], initializer: normal },
    { name: `${name}.2.bias`, shape: [out], initializer: zero },
  ];
}
