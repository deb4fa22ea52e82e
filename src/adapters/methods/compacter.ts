/** Compacter as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults } from '../default-configs';
import type { AdapterMethod } from '../method';

const defaultConfig: AdapterConfig = {
  ...bottleneckDefaults,
  mh_adapter: true,
  reduction_factor: 32,
  non_linearity: 'gelu',
  original_ln_before: false,
  phm_layer: true,
};

export const compacter: AdapterMethod = {
  id: 'compacter',
  title: 'Compacter',
  summary:
    'The double bottleneck with layers built from sums of small Kronecker products, their rules shared by all layers.',
  paper: 'Mahabadi et al. 2021, arXiv:2106.04647',
  family: 'bottleneck',
  group: 'small',
  plainly: 'Two small networks a layer that share most of their numbers.',
  cautions: [],
  fields: bottleneckFields(defaultConfig),
  defaultConfig,
  matches: (config) => isBottleneck(config) && config.phm_layer === true && config.mh_adapter === true,
};
