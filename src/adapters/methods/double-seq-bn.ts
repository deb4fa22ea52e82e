/** Double sequential bottleneck as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import type { AdapterConfig } from '../config';
import { bottleneckDefaults } from '../default-configs';
import type { AdapterMethod } from '../method';

const defaultConfig: AdapterConfig = {
  ...bottleneckDefaults,
  mh_adapter: true,
  non_linearity: 'swish',
  original_ln_before: false,
};

export const doubleSeqBn: AdapterMethod = {
  id: 'double_seq_bn',
  title: 'Double sequential bottleneck',
  summary: 'A bottleneck behind attention and one behind the feed-forward block (Houlsby adapter).',
  paper: 'Houlsby et al. 2019, arXiv:1902.00751',
  family: 'bottleneck',
  group: 'accurate',
  plainly: 'Two small networks in every layer. Its paper comes close to training the whole model.',
  cautions: [],
  fields: bottleneckFields(defaultConfig),
  defaultConfig,
  matches: (config) =>
    isBottleneck(config) &&
    !config.phm_layer &&
    !config.inv_adapter &&
    !config.is_parallel &&
    config.mh_adapter === true,
};
