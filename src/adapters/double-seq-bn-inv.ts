/** Double sequential bottleneck, invertible as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from './bottleneck';
import { bottleneckDefaults } from './default-configs';
import { dropoutField, leaveOutField, nonLinearityField, reductionField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const doubleSeqBnInv: AdapterMethod = {
  id: 'double_seq_bn_inv',
  title: 'Double sequential bottleneck, invertible',
  summary: 'The double bottleneck and an invertible block behind the embeddings.',
  paper: 'Pfeiffer et al. 2020, arXiv:2005.00052',
  family: 'bottleneck',
  cautions: [
    { text: 'The gradient reaches down to the embeddings: no layer can be left out of the backward pass.' },
  ],
  fields: [
    reductionField(16),
    nonLinearityField('swish'),
    dropoutField('Adapter dropout', 'Dropout on the output of the bottleneck.'),
    leaveOutField,
  ],
  defaultConfig: {
    ...bottleneckDefaults,
    mh_adapter: true,
    non_linearity: 'swish',
    original_ln_before: false,
    inv_adapter: 'nice',
    inv_adapter_reduction_factor: 2,
  },
  matches: (config) =>
    isBottleneck(config) && !config.phm_layer && Boolean(config.inv_adapter) && config.mh_adapter === true,
  build: partsOfConfig,
};
