/** Prompt tuning as AdapterHub has it: its form and its default configuration. */

import type { AdapterMethod } from '../method';

export const promptTuning: AdapterMethod = {
  id: 'prompt_tuning',
  title: 'Prompt tuning',
  summary: 'Trained vectors in front of the text. The base model is not touched.',
  paper: 'Lester et al. 2021, arXiv:2104.08691',
  family: 'prompt',
  group: 'small',
  plainly:
    'Learns a few made-up words in front of every text. The smallest file, and slow to learn: give it more epochs.',
  cautions: [],
  fields: [
    {
      kind: 'integer',
      key: 'prompt_length',
      label: 'Prompt length',
      help: 'Trained vectors.',
      minimum: 1,
      maximum: 512,
      default: 10,
    },
    {
      kind: 'choice',
      key: 'combine',
      label: 'Place',
      help: '"prefix" in front of <s>, whose place the head then reads; "prefix_after_bos" after it.',
      options: ['prefix', 'prefix_after_bos'],
      default: 'prefix',
      cautions: [
        {
          value: 'prefix',
          text: 'With "prefix" the head reads the first prompt vector instead of <s>, which the base model was trained to sum up a text in. "prefix_after_bos" keeps <s>.',
        },
      ],
    },
  ],
  defaultConfig: {
    architecture: 'prompt_tuning',
    prompt_length: 10,
    prompt_init: 'random_uniform',
    prompt_init_text: null,
    combine: 'prefix',
    init_weights_seed: null,
  },
  matches: (config) => config.architecture === 'prompt_tuning',
};
