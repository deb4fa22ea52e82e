/** Mix-and-match as AdapterHub has it: its form and its default configuration. */

import { isUnionOf } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults, prefixDefaults } from '../default-configs';
import { prefixEndFields, prefixFields, prefixNetworkFields } from '../fields';
import { fieldsOfMember } from '../member-fields';
import type { AdapterMethod } from '../method';

const bottleneck: AdapterConfig = {
  ...bottleneckDefaults,
  reduction_factor: 2,
  original_ln_before: false,
  init_weights: 'mam_adapter',
  is_parallel: true,
  scaling: 4.0,
};

export const mam: AdapterMethod = {
  id: 'mam',
  title: 'Mix-and-match',
  summary: 'Prefix tuning and a parallel bottleneck together.',
  paper: 'He et al. 2022, arXiv:2110.04366',
  family: 'combined',
  group: 'accurate',
  plainly: 'Prefix tuning and a parallel network at once. Its paper matches training the whole model.',
  cautions: [],
  fields: [
    ...fieldsOfMember(0, 'Prefix', [...prefixFields(), ...prefixNetworkFields(800), ...prefixEndFields()]),
    ...fieldsOfMember(1, 'Bottleneck', bottleneckFields(bottleneck)),
  ],
  defaultConfig: {
    architecture: 'union',
    configs: [{ ...prefixDefaults, bottleneck_size: 800 }, bottleneck],
  },
  matches: (config) => isUnionOf(config, ['prefix_tuning', 'bottleneck']),
};
