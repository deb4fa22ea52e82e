/** Parallel bottleneck as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults } from '../default-configs';
import type { AdapterMethod } from '../method';

const defaultConfig: AdapterConfig = {
  ...bottleneckDefaults,
  reduction_factor: 2,
  original_ln_before: false,
  init_weights: 'mam_adapter',
  is_parallel: true,
  scaling: 4.0,
};

export const parBn: AdapterMethod = {
  id: 'par_bn',
  title: 'Parallel bottleneck',
  summary: 'A wide bottleneck beside the feed-forward block, added to its output four times over.',
  paper: 'He et al. 2022, arXiv:2110.04366',
  family: 'bottleneck',
  group: 'accurate',
  plainly: 'A wide network beside that of every layer: much to train, for data with much to learn.',
  cautions: [],
  fields: bottleneckFields(defaultConfig),
  defaultConfig,
  matches: (config) =>
    isBottleneck(config) && !config.phm_layer && config.is_parallel === true && config.scaling !== 'learned',
};
