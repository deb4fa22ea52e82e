/** No adapter: only the classification head trains on the frozen model. The baseline that every method must beat. */
import type { AdapterMethod } from '../method';

export const headOnly: AdapterMethod = {
  id: 'head_only',
  title: 'Head only',
  summary: 'Trains nothing but the classification head: the baseline to compare adapters with.',
  paper: 'Linear probing, e.g. Alain & Bengio 2016, arXiv:1610.01644',
  family: 'reference',
  group: 'research',
  plainly: 'Trains the last layer alone: quick, and what every adapter should beat.',
  cautions: [],
  fields: [],
  defaultConfig: null,
  matches: () => false,
};
