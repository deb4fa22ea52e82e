/** VeRA as AdapterHub has it: its form and its default configuration. */

import { loraDefaults } from '../default-configs';
import {
  alphaField,
  dropoutField,
  factorInitialField,
  gatingField,
  leaveOutField,
  matricesField,
  rankField,
  veraDiagonalFields,
} from '../fields';
import type { AdapterMethod } from '../method';

export const vera: AdapterMethod = {
  id: 'vera',
  title: 'VeRA',
  summary: 'One pair of frozen random factors for all layers; what trains lies between and after them.',
  paper: 'Kopiczko et al. 2024, arXiv:2310.11454',
  family: 'low rank',
  group: 'research',
  plainly: 'LoRA on random matrices that all layers share; large, as AdapterHub has it.',
  cautions: [
    {
      text: "AdapterHub's VeRA trains full square matrices, not vectors as the paper and PEFT do: 14 million parameters on roberta-base. LoRA is far smaller.",
    },
  ],
  fields: [
    rankField(),
    alphaField(),
    matricesField(),
    ...veraDiagonalFields,
    leaveOutField,
    dropoutField('Dropout', 'Dropout on the input of the update.'),
    factorInitialField('vera'),
    gatingField(),
  ],
  defaultConfig: { ...loraDefaults, init_weights: 'vera', vera_d: 0.1, vera_b: 0 },
  matches: (config) =>
    config.architecture === 'lora' &&
    config.composition_mode !== 'scale' &&
    !config.use_dora &&
    (typeof config.vera_d === 'number' || typeof config.vera_b === 'number'),
};
