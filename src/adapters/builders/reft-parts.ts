/**
 * Representation fine-tuning (Wu et al. 2024, arXiv:2404.03592) as AdapterHub has it: after every layer, at the first
 * `prefix_positions` and the last `suffix_positions` tokens of each sequence,
 *   h + Rᵀ (act(W h + b) − R h);  DiReFT without − R h; LoReFT with orthonormal R.
 * Where both ends overlap, both read the old h and the suffix wins. Dropout acts on the whole adapted state. The unit of the
 * suffix exists, with gradient zero, even where there are no suffix positions.
 *
 * LoReFT's R = (base Q)ᵀ, Q from Householder reflections stored in `original`, its diagonal cast to an integer: −1 at the
 * start, and weight decay turns it to 0 at the first step, and R with it. Train LoReFT without weight decay.
 *
 * `subtract_projection` is false for DiReFT. It is an attribute of the library's class but no field of its files.
 */
import type { Node } from '../../graph/graph';
import { layerPrefix } from '../../models/family';
import type { BuildContext, EncoderConfig } from '../../models/hooks';
import { linear, matmul } from '../../ops/gemm/gemm';
import { orthonormalRows } from '../../ops/orthonormal/orthonormal';
import { type Positions, rowsAt, withRowsAt } from '../../ops/positions/positions';
import { type AdapterConfig, readBoolean, readInteger, readList, readRate, requireValue } from '../config';
import { applyNonLinearity, readNonLinearity } from './activation-key';
import { linearUniform } from './low-rank';
import type { AdapterParameter, AdapterParts } from './parts';

const id = 'reft';

export function reftParts(config: AdapterConfig, model: EncoderConfig, adapterName: string): AdapterParts {
  requireValue(id, config, 'dtype', null, 'float32');
  const { hiddenSize: D } = model;
  const rank = readInteger(id, config, 'r', 1);
  const orthogonal = readBoolean(id, config, 'orthogonality', true);
  const subtracts = readBoolean(id, config, 'subtract_projection', true);
  const tied = readBoolean(id, config, 'tied_weights', false);
  const dropout = config.dropout === undefined ? 0.05 : readRate(id, config, 'dropout');
  const nonLinearity = readNonLinearity(id, config, null);
  const ends: readonly Positions[] = [
    { from: 'start', offset: 0, count: readInteger(id, config, 'prefix_positions', 3, 0) },
    { from: 'end', offset: 0, count: readInteger(id, config, 'suffix_positions', 0, 0) },
  ];
  const chosen =
    config.layers === 'all' || config.layers === undefined
      ? null
      : readList<number>(id, config, 'layers', []);
  const layers = Array.from({ length: model.numHiddenLayers }, (_, layer) => layer).filter(
    (layer) => readBoolean(id, config, 'output_reft', true) && (chosen?.includes(layer) ?? true),
  );
  const unitAt = (layer: number, unit: number) =>
    `${layerPrefix(model.family, layer)}.reft_layer.refts.${adapterName}.units.${unit}`;

  const unitParameters = (unit: string): AdapterParameter[] => {
    const uniform = linearUniform(D);
    const parametrization = `${unit}.projection.parametrizations.weight`;
    return [
      { name: `${unit}.learned_source.weight`, shape: [rank, D], initializer: uniform },
      { name: `${unit}.learned_source.bias`, shape: [rank], initializer: uniform },
      ...(orthogonal
        ? ([
            {
              name: `${parametrization}.original`,
              shape: [rank, D],
              initializer: { kind: 'diagonal', diagonal: -1, elsewhere: 0 },
            },
            {
              name: `${parametrization}.0.base`,
              shape: [D, D],
              initializer: { kind: 'orthonormal', rank },
              frozen: true,
            },
          ] satisfies AdapterParameter[])
        : [{ name: `${unit}.projection.weight`, shape: [rank, D], initializer: uniform }]),
    ];
  };

  const projection = ({ graph, parameter }: BuildContext, unit: string): Node => {
    if (!orthogonal) return parameter(`${unit}.projection.weight`, [rank, D]);
    const parametrization = `${unit}.projection.parametrizations.weight`;
    const q = orthonormalRows(graph, parameter(`${parametrization}.original`, [rank, D]), 'reft.q');
    return matmul(
      graph,
      q,
      parameter(`${parametrization}.0.base`, [D, D]),
      { transposeB: true },
      'reft.projection',
    );
  };

  const adapt = (context: BuildContext, unit: string, x: Node): Node => {
    const { graph, parameter } = context;
    const weight = parameter(`${unit}.learned_source.weight`, [rank, D]);
    const bias = parameter(`${unit}.learned_source.bias`, [rank]);
    const source = applyNonLinearity(
      context,
      linear(graph, x, weight, bias, 'reft.source'),
      nonLinearity,
      'reft.activation',
    );
    const rows = projection(context, unit);
    const edit = subtracts
      ? matmul(graph, x, rows, { transposeB: true, alpha: -1, addend: source }, 'reft.edit')
      : source;
    return matmul(graph, edit, rows, { addend: x }, 'reft.adapted');
  };

  return {
    parameters: layers.flatMap((layer) =>
      (tied ? [0] : [0, 1]).flatMap((unit) => unitParameters(unitAt(layer, unit))),
    ),
    intervention(context, layer, h) {
      if (!layers.includes(layer)) return h;
      return ends.reduce((state, at, end) => {
        if (at.count === 0) return state;
        const unit = unitAt(layer, tied ? 0 : end);
        const picked = rowsAt(context.graph, h, context, at, `reft.${at.from}`);
        const dropped = context.dropout(adapt(context, unit, picked), dropout, `${unit}.${at.from}.dropout`);
        return withRowsAt(context.graph, state, dropped, context, at, `reft.${at.from}.put`);
      }, h);
    },
  };
}
