/** (IA)³ as AdapterHub has it: its form and its default configuration. */
import { loraDefaults } from './default-configs';
import { feedForwardFields, leaveOutField, matricesField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const ia3: AdapterMethod = {
  id: 'ia3',
  title: '(IA)\u00b3',
  summary: 'Scales keys, values and the feed-forward layer by trained vectors. The fewest parameters.',
  paper: 'Liu et al. 2022, arXiv:2205.05638',
  family: 'low rank',
  cautions: [
    { text: 'Few parameters move slowly: a learning rate ten to fifty times that of LoRA is usual.' },
  ],
  fields: [matricesField(['k', 'v']), ...feedForwardFields(true), leaveOutField],
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
  build: partsOfConfig,
};
