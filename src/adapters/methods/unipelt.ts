/** UniPELT as AdapterHub has it: its form and its default configuration. */

import { isUnionOf } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults, loraDefaults, prefixDefaults } from '../default-configs';
import {
  alphaField,
  dropoutField,
  factorInitialField,
  feedForwardFields,
  gatingField,
  leaveOutField,
  matricesField,
  prefixEndFields,
  prefixFields,
  prefixNetworkFields,
  rankField,
} from '../fields';
import { fieldsOfMember } from '../member-fields';
import type { AdapterMethod } from '../method';

const bottleneck: AdapterConfig = { ...bottleneckDefaults, use_gating: true };

export const unipelt: AdapterMethod = {
  id: 'unipelt',
  title: 'UniPELT',
  summary: 'Prefix tuning, bottleneck and LoRA together, each behind a gate.',
  paper: 'Mao et al. 2022, arXiv:2110.07577',
  family: 'combined',
  group: 'accurate',
  plainly: 'Three methods at once, and the model learns which to trust.',
  cautions: [],
  fields: [
    ...fieldsOfMember(0, 'Prefix', [...prefixFields(10), ...prefixNetworkFields(), ...prefixEndFields(true)]),
    ...fieldsOfMember(1, 'Bottleneck', bottleneckFields(bottleneck)),
    ...fieldsOfMember(2, 'LoRA', [
      rankField(8),
      alphaField(2),
      dropoutField('LoRA dropout', 'Dropout on the input of the update.'),
      matricesField(),
      ...feedForwardFields(),
      leaveOutField,
      factorInitialField('lora'),
      gatingField(true),
    ]),
  ],
  defaultConfig: {
    architecture: 'union',
    configs: [
      { ...prefixDefaults, prefix_length: 10, use_gating: true },
      bottleneck,
      { ...loraDefaults, alpha: 2, use_gating: true },
    ],
  },
  matches: (config) => isUnionOf(config, ['prefix_tuning', 'bottleneck', 'lora']),
};
