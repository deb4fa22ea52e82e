/** DoRA as AdapterHub has it: its form and its default configuration. */

import { loraDefaults } from '../default-configs';
import {
  alphaField,
  dropoutField,
  factorInitialField,
  feedForwardFields,
  leaveOutField,
  matricesField,
  rankField,
  selfAttentionField,
} from '../fields';
import type { AdapterMethod } from '../method';

export const dora: AdapterMethod = {
  id: 'dora',
  title: 'DoRA',
  summary: 'LoRA that trains the magnitude of every output apart from its direction.',
  paper: 'Liu et al. 2024, arXiv:2402.09353',
  family: 'low rank',
  group: 'accurate',
  plainly:
    'LoRA that learns direction and strength apart. Its paper finds it better than LoRA; steps take longer.',
  cautions: [
    {
      text: "AdapterHub's DoRA is another function than PEFT's: its norm leaves out alpha / rank and takes part in the gradient, and it scales the bias too. The two files cannot be exchanged. LoRA has none of these traps; a DoRA file of PEFT that is opened here trains on as PEFT’s.",
    },
  ],
  fields: [
    rankField(),
    alphaField(),
    dropoutField('LoRA dropout', 'Dropout on the input of the update.'),
    matricesField(),
    ...feedForwardFields(),
    leaveOutField,
    selfAttentionField,
    factorInitialField('lora'),
  ],
  defaultConfig: { ...loraDefaults, use_dora: true },
  matches: (config) =>
    config.architecture === 'lora' &&
    config.composition_mode !== 'scale' &&
    config.use_dora === true &&
    !(typeof config.vera_d === 'number' || typeof config.vera_b === 'number'),
};
