/** LoReFT as AdapterHub has it: its form and its default configuration. */

import { reftDefaults } from '../default-configs';
import { reftFields } from '../fields';
import type { AdapterMethod } from '../method';

export const loreft: AdapterMethod = {
  id: 'loreft',
  title: 'LoReFT',
  summary: 'Edits hidden states at some positions within a low-rank orthonormal subspace.',
  paper: 'Wu et al. 2024, arXiv:2404.03592',
  family: 'representation',
  group: 'research',
  plainly: 'Changes what the model has in mind at a few words of each text, in few directions.',
  cautions: [
    {
      text: 'Weight decay destroys LoReFT in AdapterHub: it cuts the projection to zero at the first step. Train without weight decay, or use NoReFT.',
      whenPositive: 'weightDecay',
    },
    { text: 'Files hold a square base matrix for every layer and are large: NoReFT’s are small.' },
  ],
  fields: reftFields,
  defaultConfig: { ...reftDefaults, orthogonality: true },
  matches: (config) => config.architecture === 'reft' && config.orthogonality === true,
};
