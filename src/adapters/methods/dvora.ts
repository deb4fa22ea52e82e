/** DVoRA as AdapterHub has it: its form and its default configuration. */

import { loraDefaults } from '../default-configs';
import {
  alphaField,
  dropoutField,
  factorInitialField,
  leaveOutField,
  matricesField,
  rankField,
  veraDiagonalFields,
} from '../fields';
import type { AdapterMethod } from '../method';

export const dvora: AdapterMethod = {
  id: 'dvora',
  title: 'DVoRA',
  summary: 'VeRA whose outputs get a trained magnitude, as in DoRA.',
  paper: 'Liu et al. 2024, arXiv:2402.09353; Kopiczko et al. 2024, arXiv:2310.11454',
  family: 'low rank',
  group: 'research',
  plainly: 'VeRA that learns direction and strength apart.',
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
  ],
  defaultConfig: { ...loraDefaults, init_weights: 'vera', use_dora: true, vera_d: 0.1, vera_b: 0 },
  matches: (config) =>
    config.architecture === 'lora' &&
    config.composition_mode !== 'scale' &&
    config.use_dora === true &&
    (typeof config.vera_d === 'number' || typeof config.vera_b === 'number'),
};
