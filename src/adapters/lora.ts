/** LoRA as AdapterHub has it: its form and its default configuration. */
import { loraDefaults } from './default-configs';
import {
  alphaField,
  dropoutField,
  feedForwardFields,
  leaveOutField,
  loraInitialField,
  matricesField,
  rankField,
} from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const lora: AdapterMethod = {
  id: 'lora',
  title: 'LoRA',
  summary: 'Adds a low-rank update to the attention projections. Small, fast, and the usual first choice.',
  paper: 'Hu et al. 2021, arXiv:2106.09685',
  family: 'low rank',
  cautions: [],
  fields: [
    rankField(),
    alphaField(),
    dropoutField('LoRA dropout', 'Dropout on the input of the update.'),
    matricesField(),
    ...feedForwardFields(),
    loraInitialField,
    leaveOutField,
  ],
  defaultConfig: loraDefaults,
  matches: (config) =>
    config.architecture === 'lora' &&
    config.composition_mode !== 'scale' &&
    !config.use_dora &&
    !config.freeze_A &&
    !(typeof config.vera_d === 'number' || typeof config.vera_b === 'number'),
  build: partsOfConfig,
};
