/** UniPELT as AdapterHub has it: its form and its default configuration. */
import { bottleneckDefaults, loraDefaults, prefixDefaults } from './default-configs';
import { alphaField, fieldsOfMember, leaveOutField, rankField, reductionField } from './fields';
import type { AdapterMethod } from './method';
import { isUnionOf, partsOfConfig } from './parts-of-config';

export const unipelt: AdapterMethod = {
  id: 'unipelt',
  title: 'UniPELT',
  summary: 'Prefix tuning, bottleneck and LoRA together, each behind a gate.',
  paper: 'Mao et al. 2022, arXiv:2110.07577',
  family: 'combined',
  cautions: [
    {
      text: 'Gates average over padded positions as well, as in AdapterHub: a text’s result depends on how far it is padded. Mix-and-match has no gates.',
    },
  ],
  fields: [
    ...fieldsOfMember(0, 'Prefix', [
      {
        kind: 'integer',
        key: 'prefix_length',
        label: 'length',
        help: 'Trained keys and values in front of every layer’s own.',
        minimum: 1,
        maximum: 512,
        default: 10,
      },
      {
        kind: 'integer',
        key: 'bottleneck_size',
        label: 'network width',
        help: 'Of the network that makes the prefix.',
        minimum: 1,
        maximum: 8192,
        default: 512,
      },
      leaveOutField,
    ]),
    ...fieldsOfMember(1, 'Bottleneck', [reductionField(16), leaveOutField]),
    ...fieldsOfMember(2, 'LoRA', [rankField(8), alphaField(2), leaveOutField]),
  ],
  defaultConfig: {
    architecture: 'union',
    configs: [
      { ...prefixDefaults, prefix_length: 10, use_gating: true },
      { ...bottleneckDefaults, use_gating: true },
      { ...loraDefaults, alpha: 2, use_gating: true },
    ],
  },
  matches: (config) => isUnionOf(config, ['prefix_tuning', 'bottleneck', 'lora']),
  build: partsOfConfig,
  dependsOnPadding: true,
};
