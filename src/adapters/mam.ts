/** Mix-and-match as AdapterHub has it: its form and its default configuration. */
import { bottleneckDefaults, prefixDefaults } from './default-configs';
import { fieldsOfMember, leaveOutField, reductionField } from './fields';
import type { AdapterMethod } from './method';
import { isUnionOf, partsOfConfig } from './parts-of-config';

export const mam: AdapterMethod = {
  id: 'mam',
  title: 'Mix-and-match',
  summary: 'Prefix tuning and a parallel bottleneck together.',
  paper: 'He et al. 2022, arXiv:2110.04366',
  family: 'combined',
  cautions: [],
  fields: [
    ...fieldsOfMember(0, 'Prefix', [
      {
        kind: 'integer',
        key: 'prefix_length',
        label: 'length',
        help: 'Trained keys and values in front of every layer’s own.',
        minimum: 1,
        maximum: 512,
        default: 30,
      },
      {
        kind: 'integer',
        key: 'bottleneck_size',
        label: 'network width',
        help: 'Of the network that makes the prefix.',
        minimum: 1,
        maximum: 8192,
        default: 800,
      },
      leaveOutField,
    ]),
    ...fieldsOfMember(1, 'Bottleneck', [reductionField(2), leaveOutField]),
  ],
  defaultConfig: {
    architecture: 'union',
    configs: [
      { ...prefixDefaults, bottleneck_size: 800 },
      {
        ...bottleneckDefaults,
        reduction_factor: 2,
        original_ln_before: false,
        init_weights: 'mam_adapter',
        is_parallel: true,
        scaling: 4.0,
      },
    ],
  },
  matches: (config) => isUnionOf(config, ['prefix_tuning', 'bottleneck']),
  build: partsOfConfig,
};
