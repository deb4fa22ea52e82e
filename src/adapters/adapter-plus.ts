/** Adapter+ as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from './bottleneck';
import { bottleneckDefaults } from './default-configs';
import { dropoutField, leaveOutField, nonLinearityField, reductionField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const adapterPlus: AdapterMethod = {
  id: 'adapter_plus',
  title: 'Adapter+',
  summary:
    'A bottleneck with a factor for every channel behind the feed-forward block, without a second LayerNorm.',
  paper: 'Steitz & Roth 2024, arXiv:2406.06820',
  family: 'bottleneck',
  cautions: [],
  fields: [
    reductionField(96),
    nonLinearityField('gelu'),
    dropoutField('Adapter dropout', 'Dropout on the output of the bottleneck.'),
    leaveOutField,
  ],
  defaultConfig: {
    ...bottleneckDefaults,
    reduction_factor: 96,
    non_linearity: 'gelu',
    original_ln_after: false,
    init_weights: 'houlsby',
    scaling: 'channel',
    residual_before_ln: false,
  },
  matches: (config) =>
    isBottleneck(config) &&
    !config.phm_layer &&
    !config.inv_adapter &&
    !config.is_parallel &&
    !config.mh_adapter &&
    config.original_ln_after === false,
  build: partsOfConfig,
};
