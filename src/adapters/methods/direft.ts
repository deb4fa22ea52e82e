/** DiReFT as AdapterHub has it: its form and its default configuration. */

import { reftDefaults } from '../default-configs';
import { reftFields } from '../fields';
import type { AdapterMethod } from '../method';

export const direft: AdapterMethod = {
  id: 'direft',
  title: 'DiReFT',
  summary: 'Edits hidden states by a low-rank update, without projecting them out first.',
  paper: 'Wu et al. 2024, arXiv:2404.03592',
  family: 'representation',
  group: 'research',
  plainly: 'The plainest way to change what the model has in mind at a few words of each text.',
  cautions: [
    { text: 'AdapterHub cannot store that an adapter is DiReFT: the downloaded file is the equal NoReFT.' },
  ],
  fields: reftFields,
  defaultConfig: { ...reftDefaults, subtract_projection: false },
  matches: (config) =>
    config.architecture === 'reft' && !config.orthogonality && config.subtract_projection === false,
};
