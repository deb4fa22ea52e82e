/** Prefix tuning, flat as AdapterHub has it: its form and its default configuration. */
import { prefixDefaults } from './default-configs';
import { dropoutField, leaveOutField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const prefixTuningFlat: AdapterMethod = {
  id: 'prefix_tuning_flat',
  title: 'Prefix tuning, flat',
  summary: 'Trained keys and values in front of every attention, stored directly.',
  paper: 'Li & Liang 2021, arXiv:2101.00190',
  family: 'prompt',
  cautions: [
    {
      text: 'Starts from noise of size 1: less stable than prefix tuning with its network. Train it with a small learning rate.',
    },
  ],
  fields: [
    {
      kind: 'integer',
      key: 'prefix_length',
      label: 'Prefix length',
      help: 'Trained keys and values in front of every layer’s own.',
      minimum: 1,
      maximum: 512,
      default: 30,
    },
    dropoutField('Prefix dropout', 'Dropout on the trained keys and values.'),
    leaveOutField,
  ],
  defaultConfig: { ...prefixDefaults, flat: true },
  matches: (config) => config.architecture === 'prefix_tuning' && config.flat === true,
  build: partsOfConfig,
};
