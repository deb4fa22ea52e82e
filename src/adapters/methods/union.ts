/** Your own union as AdapterHub has it: its form and its default configuration. */

import type { AdapterMethod } from '../method';

export const union: AdapterMethod = {
  id: 'union',
  title: 'Your own union',
  summary: 'Several methods in one adapter, each with its own settings.',
  paper: 'ConfigUnion of AdapterHub',
  family: 'combined',
  group: 'research',
  plainly: 'Several methods in one adapter, each with settings of its own.',
  cautions: [],
  fields: [
    {
      kind: 'members',
      key: 'configs',
      label: 'Members',
      help: 'Methods that work together. Of two with a module at one place the first has it.',
      options: [
        'lora',
        'dora',
        'ia3',
        'seq_bn',
        'double_seq_bn',
        'par_bn',
        'compacter++',
        'prefix_tuning',
        'prompt_tuning',
        'noreft',
      ],
      default: ['lora', 'seq_bn'],
    },
  ],
  defaultConfig: { architecture: 'union', configs: [] },
  matches: (config) => config.architecture === 'union',
};
