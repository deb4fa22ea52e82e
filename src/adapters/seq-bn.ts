/**
 * The sequential bottleneck of Pfeiffer et al. 2020 (arXiv:2005.00052) as AdapterHub has it: after the feed-forward
 * block, h its dense output, inp its input, LN the frozen LayerNorm that follows:
 *   z = LN(h + inp);  o = up(act(down(z))) + h;  result LN(o + inp).
 * The same LayerNorm is applied twice, and the residual around the adapter is h, not z (fixtures README §4.2).
 */

import type { Initializer, RobertaConfig } from '../models/hooks';
import { activate, isActivationName } from '../ops/activation/activation';
import { sum } from '../ops/add/add';
import { linear } from '../ops/gemm/gemm';
import { type AdapterConfig, readList, readRate, requireValue, unsupported } from './config';
import type { AdapterMethod, AdapterParameter } from './method';

const id = 'seq_bn';

/** Bottleneck size of a layer: floor(D / factor), at least 1. A factor may be given by layer: `{"0": 4, "default": 16}`. */
function bottleneckSize(config: AdapterConfig, model: RobertaConfig, layer: number): number {
  const factors = config.reduction_factor ?? 16;
  const byLayer = typeof factors === 'object' && !Array.isArray(factors) ? (factors as AdapterConfig) : null;
  const factor = byLayer ? (byLayer[String(layer)] ?? byLayer.default) : factors;
  if (typeof factor !== 'number' || !(factor > 0))
    throw unsupported(id, 'reduction_factor', factors, 'a number above 0');
  return Math.max(1, Math.floor(model.hiddenSize / factor));
}

function parse(config: AdapterConfig) {
  requireValue(id, config, 'mh_adapter', false);
  requireValue(id, config, 'output_adapter', true);
  requireValue(id, config, 'original_ln_before', true);
  requireValue(id, config, 'original_ln_after', true);
  requireValue(id, config, 'residual_before_ln', true);
  for (const key of [
    'adapter_residual_before_ln',
    'ln_before',
    'ln_after',
    'is_parallel',
    'use_gating',
    'phm_layer',
  ]) {
    requireValue(id, config, key, false);
  }
  requireValue(id, config, 'inv_adapter', null);
  requireValue(id, config, 'init_weights_seed', null);
  requireValue(id, config, 'init_weights', 'bert');
  requireValue(id, config, 'stochastic_depth', 0);
  requireValue(id, config, 'scaling', 1);
  const nonLinearity = String(config.non_linearity ?? 'relu').toLowerCase();
  if (!isActivationName(nonLinearity))
    throw unsupported(id, 'non_linearity', config.non_linearity, '"relu", "gelu", "swish" or "tanh"');
  return {
    nonLinearity,
    dropout: readRate(id, config, 'dropout'),
    leaveOut: readList<number>(id, config, 'leave_out', []),
  };
}

export const seqBn: AdapterMethod = {
  id,
  title: 'Sequential bottleneck',
  summary: 'Puts a small two-layer network behind every feed-forward block (Pfeiffer adapter).',
  paper: 'Pfeiffer et al. 2020, arXiv:2005.00052',
  fields: [
    {
      kind: 'number',
      key: 'reduction_factor',
      label: 'Reduction factor',
      help: 'The bottleneck is hidden size / factor wide.',
      minimum: 1,
      maximum: 1024,
      default: 16,
    },
    {
      kind: 'choice',
      key: 'non_linearity',
      label: 'Non-linearity',
      help: 'Between the two layers of the bottleneck.',
      options: ['relu', 'gelu', 'swish', 'tanh'],
      default: 'relu',
    },
    {
      kind: 'number',
      key: 'dropout',
      label: 'Adapter dropout',
      help: 'Dropout on the output of the bottleneck.',
      minimum: 0,
      maximum: 0.9,
      default: 0,
    },
    {
      kind: 'layers',
      key: 'leave_out',
      label: 'Layers left out',
      help: 'Layers without a bottleneck. Leaving out the lowest makes a step cheaper.',
      default: [],
    },
  ],
  defaultConfig: {
    mh_adapter: false,
    output_adapter: true,
    reduction_factor: 16,
    non_linearity: 'relu',
    original_ln_before: true,
    original_ln_after: true,
    ln_before: false,
    ln_after: false,
    init_weights: 'bert',
    init_weights_seed: null,
    is_parallel: false,
    scaling: 1,
    use_gating: false,
    residual_before_ln: true,
    adapter_residual_before_ln: false,
    inv_adapter: null,
    inv_adapter_reduction_factor: null,
    cross_adapter: false,
    leave_out: [],
    dropout: 0,
    phm_layer: false,
    phm_dim: 4,
    factorized_phm_W: true,
    shared_W_phm: false,
    shared_phm_rule: true,
    factorized_phm_rule: false,
    phm_c_init: 'normal',
    phm_init_range: 0.0001,
    learn_phm: true,
    hypercomplex_nonlinearity: 'glorot-uniform',
    phm_rank: 1,
    phm_bias: true,
    stochastic_depth: 0,
  },

  matches: (config) => config.architecture === undefined || config.architecture === null,

  build(config, model, adapterName) {
    const { nonLinearity, dropout, leaveOut } = parse(config);
    const { hiddenSize: D } = model;
    const tensor = (module: string, part: string) => `${module}.adapters.${adapterName}.${part}`;
    const normal: Initializer = { kind: 'normal', standardDeviation: 0.02 };
    const zero: Initializer = { kind: 'constant', value: 0 };
    const layers = Array.from({ length: model.numHiddenLayers }, (_, layer) => layer).filter(
      (layer) => !leaveOut.includes(layer),
    );
    const parameters = layers.flatMap((layer): AdapterParameter[] => {
      const module = `roberta.encoder.layer.${layer}.output`;
      const d = bottleneckSize(config, model, layer);
      return [
        { name: tensor(module, 'adapter_down.0.weight'), shape: [d, D], initializer: normal },
        { name: tensor(module, 'adapter_down.0.bias'), shape: [d], initializer: zero },
        { name: tensor(module, 'adapter_up.weight'), shape: [D, d], initializer: normal },
        { name: tensor(module, 'adapter_up.bias'), shape: [D], initializer: zero },
      ];
    });
    return {
      parameters,
      hooks: {
        sublayer(context, { kind, layer, module }, h, residual, norm) {
          if (kind !== 'ffn' || !layers.includes(layer)) return norm(h, residual);
          const { graph } = context;
          const d = bottleneckSize(config, model, layer);
          const weights = (part: string, out: number, into: number) => ({
            weight: context.parameter(tensor(module, `${part}.weight`), [out, into]),
            bias: context.parameter(tensor(module, `${part}.bias`), [out]),
          });
          const down = weights('adapter_down.0', d, D);
          const up = weights('adapter_up', D, d);
          const z = norm(h, residual);
          const squeezed = activate(
            graph,
            linear(graph, z, down.weight, down.bias, 'bottleneck.down'),
            nonLinearity,
            'bottleneck.activation',
          );
          const projected = linear(graph, squeezed, up.weight, up.bias, 'bottleneck.up');
          const dropped = context.dropout(projected, dropout, `${module}.bottleneck.dropout`);
          return norm(sum(graph, dropped, h, 'bottleneck.residual'), residual);
        },
      },
    };
  },
};
