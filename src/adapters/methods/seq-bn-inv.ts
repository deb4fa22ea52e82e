/** Sequential bottleneck, invertible as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults } from '../default-configs';
import type { AdapterMethod } from '../method';

const defaultConfig: AdapterConfig = {
  ...bottleneckDefaults,
  inv_adapter: 'nice',
  inv_adapter_reduction_factor: 2,
};

export const seqBnInv: AdapterMethod = {
  id: 'seq_bn_inv',
  title: 'Sequential bottleneck, invertible',
  summary: 'The sequential bottleneck and an invertible block behind the embeddings (MAD-X).',
  paper: 'Pfeiffer et al. 2020, arXiv:2005.00052',
  family: 'bottleneck',
  group: 'research',
  plainly: 'The small network of every layer and one on the words, made for moving to another language.',
  cautions: [
    { text: 'The gradient reaches down to the embeddings: no layer can be left out of the backward pass.' },
  ],
  fields: bottleneckFields(defaultConfig),
  defaultConfig,
  matches: (config) =>
    isBottleneck(config) && !config.phm_layer && Boolean(config.inv_adapter) && !config.mh_adapter,
};
