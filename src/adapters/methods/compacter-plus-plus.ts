/** Compacter++ as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults } from '../default-configs';
import type { AdapterMethod } from '../method';

const defaultConfig: AdapterConfig = {
  ...bottleneckDefaults,
  reduction_factor: 32,
  non_linearity: 'gelu',
  phm_layer: true,
};

export const compacterPlusPlus: AdapterMethod = {
  id: 'compacter++',
  title: 'Compacter++',
  summary: 'Compacter behind the feed-forward block only: half the parameters.',
  paper: 'Mahabadi et al. 2021, arXiv:2106.04647',
  family: 'bottleneck',
  group: 'small',
  plainly: 'Compacter in half as many places: smaller still.',
  cautions: [],
  fields: bottleneckFields(defaultConfig),
  defaultConfig,
  matches: (config) => isBottleneck(config) && config.phm_layer === true && !config.mh_adapter,
};
