/** Prefix tuning as AdapterHub has it: its form and its default configuration. */

import { prefixDefaults } from '../default-configs';
import { prefixEndFields, prefixFields, prefixNetworkFields } from '../fields';
import type { AdapterMethod } from '../method';

export const prefixTuning: AdapterMethod = {
  id: 'prefix_tuning',
  title: 'Prefix tuning',
  summary: 'Trained keys and values in front of every attention, made by a small network.',
  paper: 'Li & Liang 2021, arXiv:2101.00190',
  family: 'prompt',
  group: 'research',
  plainly: 'Learns a made-up context that every layer looks at, through a network that helps it along.',
  cautions: [],
  fields: [...prefixFields(), ...prefixNetworkFields(), ...prefixEndFields()],
  defaultConfig: prefixDefaults,
  matches: (config) => config.architecture === 'prefix_tuning' && !config.flat,
};
