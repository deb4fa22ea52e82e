/** Scaled parallel bottleneck as AdapterHub has it: its form and its default configuration. */

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
  scaling: 'learned',
};

export const scaledParBn: AdapterMethod = {
  id: 'scaled_par_bn',
  title: 'Scaled parallel bottleneck',
  summary: 'The parallel bottleneck with a learned factor.',
  paper: 'He et al. 2022, arXiv:2110.04366',
  family: 'bottleneck',
  group: 'accurate',
  plainly: 'The parallel network with a strength that is learned too.',
  cautions: [],
  fields: bottleneckFields(defaultConfig),
  defaultConfig,
  matches: (config) =>
    isBottleneck(config) && !config.phm_layer && config.is_parallel === true && config.scaling === 'learned',
};
