/** MTL-LoRA as AdapterHub has it: its form and its default configuration. */

import { loraDefaults } from '../default-configs';
import {
  alphaField,
  dropoutField,
  factorInitialField,
  feedForwardFields,
  gatingField,
  leaveOutField,
  matricesField,
  rankField,
  selfAttentionField,
} from '../fields';
import type { AdapterMethod } from '../method';

export const mtlLora: AdapterMethod = {
  id: 'mtl_lora',
  title: 'MTL-LoRA',
  summary:
    'LoRA with values of the task between its factors and several up-projections: for sharing between tasks.',
  paper: 'Yang et al. 2024, arXiv:2410.09437',
  family: 'low rank',
  group: 'research',
  plainly: 'LoRA made for several tasks that share what they learn.',
  cautions: [],
  fields: [
    rankField(),
    alphaField(),
    {
      kind: 'integer',
      key: 'n_up_projection',
      label: 'Up-projections',
      help: 'How many are mixed.',
      minimum: 1,
      maximum: 16,
      default: 1,
      cautions: [
        {
          value: 1,
          text: 'With one up-projection there is nothing to mix: its weights get no gradient. Two or more train them; for one task without mixing, LoRA is the same and simpler.',
        },
      ],
    },
    {
      kind: 'number',
      key: 'weights_sharpness',
      label: 'Sharpness',
      help: 'Temperature of the mixture: small picks one.',
      minimum: 0.001,
      maximum: 10,
      default: 0.05,
    },
    dropoutField('LoRA dropout', 'Dropout on the input of the update.'),
    matricesField(),
    ...feedForwardFields(),
    leaveOutField,
    selfAttentionField,
    factorInitialField('lora'),
    gatingField(),
  ],
  defaultConfig: {
    ...loraDefaults,
    architecture: 'mtl_lora',
    n_up_projection: 1,
    task_specific_matrix_type: 'singular_values',
    weights_sharpness: 0.05,
  },
  matches: (config) => config.architecture === 'mtl_lora',
};
