/** Prefix tuning, flat as AdapterHub has it: its form and its default configuration. */

import { prefixDefaults } from '../default-configs';
import { prefixEndFields, prefixFields } from '../fields';
import type { AdapterMethod } from '../method';

export const prefixTuningFlat: AdapterMethod = {
  id: 'prefix_tuning_flat',
  title: 'Prefix tuning, flat',
  summary: 'Trained keys and values in front of every attention, stored directly.',
  paper: 'Li & Liang 2021, arXiv:2101.00190',
  family: 'prompt',
  group: 'research',
  plainly: 'Learns a made-up context that every layer looks at, directly.',
  cautions: [
    {
      text: 'Starts from noise of size 1: less stable than prefix tuning with its network. Train it with a small learning rate, or train prefix tuning and eject its network afterwards: the same file.',
    },
  ],
  fields: [...prefixFields(), ...prefixEndFields()],
  defaultConfig: { ...prefixDefaults, flat: true },
  matches: (config) => config.architecture === 'prefix_tuning' && config.flat === true,
};
