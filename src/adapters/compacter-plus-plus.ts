/** Compacter++ as AdapterHub has it: its form and its default configuration. */

import { isBottleneck } from './bottleneck';
import { bottleneckDefaults } from './default-configs';
import { dropoutField, leaveOutField, nonLinearityField, reductionField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const compacterPlusPlus: AdapterMethod = {
  id: 'compacter++',
  title: 'Compacter++',
  summary: 'Compacter behind the feed-forward block only: half the parameters.',
  paper: 'Mahabadi et al. 2021, arXiv:2106.04647',
  family: 'bottleneck',
  cautions: [],
  fields: [
    reductionField(32),
    nonLinearityField('gelu'),
    {
      kind: 'integer',
      key: 'phm_dim',
      label: 'Kronecker products',
      help: 'How many are summed; must divide hidden and bottleneck size.',
      minimum: 1,
      maximum: 64,
      default: 4,
    },
    {
      kind: 'integer',
      key: 'phm_rank',
      label: 'Rank',
      help: 'Of the factors of each product.',
      minimum: 1,
      maximum: 64,
      default: 1,
    },
    dropoutField('Adapter dropout', 'Dropout on the output of the bottleneck.'),
    leaveOutField,
  ],
  defaultConfig: { ...bottleneckDefaults, reduction_factor: 32, non_linearity: 'gelu', phm_layer: true },
  matches: (config) => isBottleneck(config) && config.phm_layer === true && !config.mh_adapter,
  build: partsOfConfig,
};
