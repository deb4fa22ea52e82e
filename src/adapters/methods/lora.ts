/** LoRA as AdapterHub has it: its form and its default configuration. */

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

export const lora: AdapterMethod = {
  id: 'lora',
  title: 'LoRA',
  summary: 'Adds a low-rank update to the attention projections. Small, fast, and the usual first choice.',
  paper: 'Hu et al. 2021, arXiv:2106.09685',
  family: 'low rank',
  group: 'start',
  plainly:
    'Learns small corrections to what the model pays attention to. Works well on most data: begin here.',
  cautions: [],
  fields: [
    rankField(),
    alphaField(),
    dropoutField('LoRA dropout', 'Dropout on the input of the update.'),
    matricesField(),
    ...feedForwardFields(),
    leaveOutField,
    selfAttentionField,
    factorInitialField('lora'),
    gatingField(),
    {
      kind: 'choice',
      key: 'composition_mode',
      label: 'Update',
      help: 'The update is added to the layer’s output, or the output is scaled by it.',
      options: ['add', 'scale'],
      advanced: true,
      default: 'add',
      cautions: [
        {
          value: 'scale',
          text: 'A scaling update is (IA)³: one vector of rank 1, without dropout, that must start at 1 (initial values "ia3"; "lora" would start at 0 and switch the layer off). The method (IA)³ has all of it set.',
        },
      ],
    },
  ],
  defaultConfig: loraDefaults,
  matches: (config) =>
    config.architecture === 'lora' &&
    config.composition_mode !== 'scale' &&
    !config.use_dora &&
    !config.freeze_A &&
    !(typeof config.vera_d === 'number' || typeof config.vera_b === 'number'),
};
