/** (IA)³ as AdapterHub has it: its form and its default configuration. */

import { loraDefaults } from '../default-configs';
import {
  advanced,
  alphaField,
  factorInitialField,
  feedForwardFields,
  leaveOutField,
  matricesField,
  selfAttentionField,
} from '../fields';
import type { AdapterMethod, FieldCaution } from '../method';

const beforeGelu: FieldCaution = {
  value: true,
  text: 'AdapterHub scales the first feed-forward layer before GELU, the paper and PEFT after it. Without that layer all three are the same function; an (IA)³ file of PEFT that is opened here trains on as PEFT’s.',
};

export const ia3: AdapterMethod = {
  id: 'ia3',
  title: '(IA)\u00b3',
  summary: 'Scales keys, values and the feed-forward layer by trained vectors. The fewest parameters.',
  paper: 'Liu et al. 2022, arXiv:2205.05638',
  family: 'low rank',
  group: 'small',
  plainly: 'Learns only how much each inner value counts: few numbers, a small file.',
  cautions: [
    { text: 'Few parameters move slowly: a learning rate ten to fifty times that of LoRA is usual.' },
  ],
  fields: [
    matricesField(['k', 'v']),
    ...feedForwardFields(true).map((field) =>
      field.key === 'intermediate_lora' ? { ...field, cautions: [beforeGelu] } : field,
    ),
    leaveOutField,
    selfAttentionField,
    factorInitialField('ia3'),
    advanced({ ...alphaField(1), help: 'Every vector is multiplied by it.' }),
  ],
  defaultConfig: {
    ...loraDefaults,
    intermediate_lora: true,
    r: 1,
    alpha: 1,
    attn_matrices: ['k', 'v'],
    composition_mode: 'scale',
    init_weights: 'ia3',
  },
  matches: (config) => config.architecture === 'lora' && config.composition_mode === 'scale',
};
