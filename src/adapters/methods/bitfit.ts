/** The biases of the base model train, those of LayerNorms too. `architecture` "bitfit" is the studio's own: AdapterHub has no file for it. */
import type { AdapterMethod } from '../method';

export const bitfit: AdapterMethod = {
  id: 'bitfit',
  title: 'BitFit',
  summary: 'Trains the biases of the base model only.',
  paper: 'Ben Zaken et al. 2022, arXiv:2106.10199',
  family: 'reference',
  group: 'research',
  plainly: 'Trains nothing but the model’s own offsets. What comes of it is a whole model, no adapter.',
  cautions: [
    {
      text: 'No adapter comes of it: what is saved are tensors of the base model itself. Download it as a merged model.',
    },
  ],
  fields: [],
  defaultConfig: { architecture: 'bitfit' },
  matches: (config) => config.architecture === 'bitfit',
};
