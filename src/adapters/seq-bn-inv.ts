/** Sequential bottleneck, invertible as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from './bottleneck';
import { bottleneckDefaults } from './default-configs';
import { dropoutField, leaveOutField, nonLinearityField, reductionField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const seqBnInv: AdapterMethod = {
  id: 'seq_bn_inv',
  title: 'Sequential bottleneck, invertible',
  summary: 'The sequential bottleneck and an invertible block behind the embeddings (MAD-X).',
  paper: 'Pfeiffer et al. 2020, arXiv:2005.00052',
  family: 'bottleneck',
  cautions: [
    { text: 'The gradient reaches down to the embeddings: no layer can be left out of the backward pass.' },
  ],
  fields: [
    reductionField(16),
    nonLinearityField('relu'),
    dropoutField('Adapter dropout', 'Dropout on the output of the bottleneck.'),
    leaveOutField,
  ],
  defaultConfig: { ...bottleneckDefaults, inv_adapter: 'nice', inv_adapter_reduction_factor: 2 },
  matches: (config) =>
    isBottleneck(config) && !config.phm_layer && Boolean(config.inv_adapter) && !config.mh_adapter,
  build: partsOfConfig,
};
