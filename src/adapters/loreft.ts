/** LoReFT as AdapterHub has it: its form and its default configuration. */
import { reftDefaults } from './default-configs';
import { dropoutField, rankField } from './fields';
import type { AdapterMethod } from './method';
import { partsOfConfig } from './parts-of-config';

export const loreft: AdapterMethod = {
  id: 'loreft',
  title: 'LoReFT',
  summary: 'Edits hidden states at some positions within a low-rank orthonormal subspace.',
  paper: 'Wu et al. 2024, arXiv:2404.03592',
  family: 'representation',
  cautions: [
    {
      text: 'Weight decay destroys LoReFT in AdapterHub: it cuts the projection to zero at the first step. Train without weight decay, or use NoReFT.',
      whenPositive: 'weightDecay',
    },
    { text: 'Files hold a square base matrix for every layer and are large: NoReFT’s are small.' },
  ],
  fields: [
    rankField(1),
    {
      kind: 'integer',
      key: 'prefix_positions',
      label: 'First positions',
      help: 'Tokens from the start of a text that are edited.',
      minimum: 0,
      maximum: 512,
      default: 3,
    },
    {
      kind: 'integer',
      key: 'suffix_positions',
      label: 'Last positions',
      help: 'Tokens at the end of a text that are edited.',
      minimum: 0,
      maximum: 512,
      default: 0,
    },
    {
      kind: 'boolean',
      key: 'tied_weights',
      label: 'One edit for both ends',
      help: 'First and last positions share their weights.',
      default: false,
    },
    dropoutField('ReFT dropout', 'Dropout on the whole edited state.', 0.05),
  ],
  defaultConfig: { ...reftDefaults, orthogonality: true },
  matches: (config) => config.architecture === 'reft' && config.orthogonality === true,
  build: partsOfConfig,
};
