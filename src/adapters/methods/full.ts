/** Every tensor of the base model trains but the pooler, which the head does not use. `architecture` "full" is the studio's own: AdapterHub has no file for it. */
import type { AdapterMethod } from '../method';

export const full: AdapterMethod = {
  id: 'full',
  title: 'Full fine-tuning',
  summary: 'Trains every number of the base model: the reference that adapters are compared with.',
  paper: 'Devlin et al. 2019, arXiv:1810.04805',
  family: 'reference',
  group: 'accurate',
  plainly:
    'Trains the whole model: what the others are measured by, with the largest file and the most memory.',
  cautions: [
    {
      text: 'No adapter comes of it: what is saved are tensors of the base model itself. Download it as a merged model.',
    },
  ],
  fields: [],
  defaultConfig: { architecture: 'full' },
  matches: (config) => config.architecture === 'full',
};
