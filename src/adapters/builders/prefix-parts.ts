/**
 * Prefix tuning (Li & Liang 2021, arXiv:2101.00190): trained keys and values in front of every layer's own, not through W_k
 * and W_v. By default they come from an MLP, wte [P, H] → Linear(H, b) → tanh → Linear(b, 2 L H); `flat` stores its result. Each
 * position holds the keys of the first layer, its values, the keys of the second, … Token positions do not shift.
 *
 * Ejecting the MLP into a flat prefix keeps the function: `eject-prefix.ts`.
 */
import type { Node } from '../../graph/graph';
import { layerPrefix } from '../../models/family';
import type { BuildContext, EncoderConfig } from '../../models/hooks';
import { linear } from '../../ops/gemm/gemm';
import { reshaped } from '../../ops/reshape/reshape';
import { multiplySequences } from '../../ops/scale/scale';
import { repeatForSequences } from '../../ops/sequences/sequences';
import { columnsOf } from '../../ops/slice/slice';
import { type AdapterConfig, readBoolean, readInteger, readList, readRate } from '../config';
import { applyNonLinearity, readNonLinearity } from './activation-key';
import { gateOf, gateParameters } from './gate';
import { linearUniform } from './low-rank';
import type { AdapterParameter, AdapterParts } from './parts';

const id = 'prefix_tuning';

export function prefixParts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  const { hiddenSize: D, numHiddenLayers, family } = model;
  const length = readInteger(id, config, 'prefix_length', 30);
  const middle = readInteger(id, config, 'bottleneck_size', 512);
  const nonLinearity = readNonLinearity(id, config, 'tanh');
  const dropout = readRate(id, config, 'dropout');
  const flat = readBoolean(id, config, 'flat', false);
  const gates = !readBoolean(id, config, 'use_gating', false)
    ? 0
    : readBoolean(id, config, 'shared_gating', true)
      ? 1
      : 2;
  const leaveOut = readList<number>(id, config, 'leave_out', []);
  const onEncoder = readBoolean(id, config, 'encoder_prefix', true);
  const layers = Array.from({ length: numHiddenLayers }, (_, layer) => layer).filter(
    (layer) => onEncoder && !leaveOut.includes(layer),
  );
  const module = `${family.prefix}.prefix_tuning.prefix_tunings.${adapterName}.${family.modules.prefixes}`;
  const gateAt = (layer: number) =>
    `${layerPrefix(family, layer)}.${family.modules.selfAttention}.prefix_tuning.prefix_gates.${adapterName}`;
  const width = 2 * layers.length * D;

  const unit = { kind: 'normal', standardDeviation: 1 } as const;
  const stored: AdapterParameter[] = flat
    ? [{ name: `${module}.control_trans`, shape: [length * width], initializer: unit }]
    : [
        { name: `${module}.wte.weight`, shape: [length, D], initializer: unit },
        { name: `${module}.control_trans.0.weight`, shape: [middle, D], initializer: linearUniform(D) },
        { name: `${module}.control_trans.0.bias`, shape: [middle], initializer: linearUniform(D) },
        {
          name: `${module}.control_trans.2.weight`,
          shape: [width, middle],
          initializer: linearUniform(middle),
        },
        { name: `${module}.control_trans.2.bias`, shape: [width], initializer: linearUniform(middle) },
      ];

  /** [P, 2 L H]: once for all layers, since equal applications are one node. */
  const keysAndValues = (context: BuildContext): Node => {
    const { graph, parameter } = context;
    if (flat)
      return reshaped(
        graph,
        parameter(`${module}.control_trans`, [length * width]),
        { rows: length, cols: width },
        'prefix',
      );
    const dense = (x: Node, place: 0 | 2, rows: number) =>
      linear(
        graph,
        x,
        parameter(`${module}.control_trans.${place}.weight`, [rows, x.shape.cols]),
        parameter(`${module}.control_trans.${place}.bias`, [rows]),
        `prefix.${place}`,
      );
    const hidden = dense(parameter(`${module}.wte.weight`, [length, D]), 0, middle);
    return dense(applyNonLinearity(context, hidden, nonLinearity, 'prefix.1'), 2, width);
  };

  return {
    parameters: [
      ...stored,
      ...(gates > 0 ? layers.flatMap((layer) => gateParameters(gateAt(layer), D, gates)) : []),
    ],
    prefix(context, layer, x) {
      const place = layers.indexOf(layer);
      if (place < 0) return null;
      const { graph } = context;
      const all = keysAndValues(context);
      const part = (index: 0 | 1, name: string) => {
        const own = columnsOf(graph, all, (2 * place + index) * D, D, `prefix.${name}`);
        const repeated = repeatForSequences(graph, own, `prefix.${name}.repeated`);
        const dropped = context.dropout(repeated, dropout, `${module}.${layer}.${name}.dropout`);
        if (gates === 0) return dropped;
        // With one gate it opens both; with two the second opens the values.
        const gate = gateOf(context, gateAt(layer), x, gates);
        const column = gates === 1 ? gate : columnsOf(graph, gate, index, 1, `prefix.${name}.gate`);
        return multiplySequences(graph, dropped, column, context, `prefix.${name}.gated`);
      };
      return { keys: part(0, 'keys'), values: part(1, 'values') };
    },
  };
}
