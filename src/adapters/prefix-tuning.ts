/** Prefix tuning as AdapterHub has it: its form and its default configuration. */
import { prefixDefaults } from './default-configs';
import { dropoutField, leaveOutField, nonLinearityField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const prefixTuning: AdapterMethod = {
  id: 'prefix_tuning',
  title: 'Prefix tuning',
  summary: 'Trained keys and values in front of every attention, made by a small network.',
  paper: 'Li & Liang 2021, arXiv:2101.00190',
  family: 'prompt',
  cautions: [],
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
    {
      kind: 'integer',
      key: 'bottleneck_size',
      label: 'Network width',
      help: 'Of the network that makes the prefix.',
      minimum: 1,
      maximum: 8192,
      default: 512,
    },
    nonLinearityField('tanh'),
    dropoutField('Prefix dropout', 'Dropout on the trained keys and values.'),
    leaveOutField,
  ],
  defaultConfig: prefixDefaults,
  matches: (config) => config.architecture === 'prefix_tuning' && !config.flat,
  build: partsOfConfig,
};
