/** Sequential bottleneck as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from '../architecture';
import { bottleneckFields } from '../bottleneck-fields';
import { bottleneckDefaults } from '../default-configs';
import type { AdapterMethod } from '../method';

export const seqBn: AdapterMethod = {
  id: 'seq_bn',
  title: 'Sequential bottleneck',
  summary: 'Puts a small two-layer network behind every feed-forward block (Pfeiffer adapter).',
  paper: 'Pfeiffer et al. 2020, arXiv:2005.00052',
  family: 'bottleneck',
  group: 'start',
  plainly: 'Puts a small network of its own into every layer. The classic adapter, and a good second try.',
  cautions: [],
  fields: bottleneckFields(bottleneckDefaults),
  defaultConfig: bottleneckDefaults,
  matches: (config) =>
    isBottleneck(config) &&
    !config.phm_layer &&
    !config.inv_adapter &&
    !config.is_parallel &&
    !config.mh_adapter &&
    config.original_ln_after !== false,
};
