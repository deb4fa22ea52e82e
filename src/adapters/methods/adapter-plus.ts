/** Adapter+ as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults } from '../default-configs';
import type { AdapterMethod } from '../method';

const defaultConfig: AdapterConfig = {
  ...bottleneckDefaults,
  reduction_factor: 96,
  non_linearity: 'gelu',
  original_ln_after: false,
  init_weights: 'houlsby',
  scaling: 'channel',
  residual_before_ln: false,
};

export const adapterPlus: AdapterMethod = {
  id: 'adapter_plus',
  title: 'Adapter+',
  summary:
    'A bottleneck with a factor for every channel behind the feed-forward block, without a second LayerNorm.',
  paper: 'Steitz & Roth 2024, arXiv:2406.06820',
  family: 'bottleneck',
  group: 'small',
  plainly: 'A lean network in every layer that also learns how much each channel counts.',
  cautions: [],
  fields: bottleneckFields(defaultConfig),
  defaultConfig,
  matches: (config) =>
    isBottleneck(config) &&
    !config.phm_layer &&
    !config.inv_adapter &&
    !config.is_parallel &&
    !config.mh_adapter &&
    config.original_ln_after === false,
};
