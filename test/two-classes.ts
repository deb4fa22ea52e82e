import type { HeadConfig } from '../src/formats/bundle';

/** AdapterHub's default head, for the labels of Rotten Tomatoes. */
export const twoClasses: HeadConfig = {
  headType: 'classification',
  numLabels: 2,
  layers: 2,
  activationFunction: 'tanh',
  labels: ['👎', '👍'],
  usePooler: false,
  bias: true,
  dropoutRate: null,
};
