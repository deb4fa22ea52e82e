/**
 * LoRA-FA (Zhang et al. 2023, arXiv:2308.03303): LoRA whose A stays at its random start; only B trains. Half the parameters and
 * moments, and no gradient of A. AdapterHub does not have it; its file is a LoRA file, since the function is LoRA's, with the
 * key `freeze_A` that the library ignores.
 */

import { loraDefaults } from '../default-configs';
import {
  alphaField,
  dropoutField,
  feedForwardFields,
  leaveOutField,
  matricesField,
  rankField,
  selfAttentionField,
} from '../fields';
import type { AdapterMethod } from '../method';

export const loraFa: AdapterMethod = {
  id: 'lora_fa',
  title: 'LoRA-FA',
  summary: 'LoRA with its first factor frozen at random values: half the parameters, the same file.',
  paper: 'Zhang et al. 2023, arXiv:2308.03303',
  family: 'low rank',
  group: 'research',
  plainly: 'LoRA with one half left at random: less memory, a file of the same size.',
  cautions: [],
  fields: [
    rankField(),
    alphaField(),
    dropoutField('LoRA dropout', 'Dropout on the input of the update.'),
    matricesField(),
    ...feedForwardFields(),
    leaveOutField,
    selfAttentionField,
  ],
  defaultConfig: { ...loraDefaults, freeze_A: true },
  matches: (config) => config.architecture === 'lora' && config.freeze_A === true,
};
