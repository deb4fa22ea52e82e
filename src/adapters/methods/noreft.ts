/** NoReFT as AdapterHub has it: its form and its default configuration. */

import { reftDefaults } from '../default-configs';
import { reftFields } from '../fields';
import type { AdapterMethod } from '../method';

export const noreft: AdapterMethod = {
  id: 'noreft',
  title: 'NoReFT',
  summary: 'LoReFT without the orthonormal constraint: faster and simpler.',
  paper: 'Wu et al. 2024, arXiv:2404.03592',
  family: 'representation',
  group: 'research',
  plainly: 'LoReFT with fewer rules for the directions: quicker steps.',
  cautions: [],
  fields: reftFields,
  defaultConfig: reftDefaults,
  matches: (config) =>
    config.architecture === 'reft' && !config.orthogonality && config.subtract_projection !== false,
};
