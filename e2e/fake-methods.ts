/** Descriptions of methods as `open` answers them, one field of every kind among them. The real ones import shaders. */
import type { MethodDescription } from '../src/adapters/method';

export const fakeLora: MethodDescription = {
  id: 'lora',
  title: 'LoRA',
  summary: 'Adds a low-rank update to the attention projections. Small, fast, and the usual first choice.',
  paper: 'Hu et al. 2021, arXiv:2106.09685',
  fields: [
    {
      kind: 'integer',
      key: 'r',
      label: 'Rank',
      help: 'Size of the low-rank update. Parameters grow with it.',
      minimum: 1,
      maximum: 256,
      default: 8,
    },
    {
      kind: 'integer',
      key: 'alpha',
      label: 'Alpha',
      help: 'The update is scaled by alpha / rank.',
      minimum: 1,
      maximum: 1024,
      default: 8,
    },
    {
      kind: 'number',
      key: 'dropout',
      label: 'LoRA dropout',
      help: 'Dropout on the input of the update.',
      minimum: 0,
      maximum: 0.9,
      default: 0,
    },
    {
      kind: 'choices',
      key: 'attn_matrices',
      label: 'Attention matrices',
      help: 'Projections of self-attention that get an update.',
      options: ['q', 'k', 'v'],
      default: ['q', 'v'],
    },
    {
      kind: 'boolean',
      key: 'intermediate_lora',
      label: 'Feed-forward, first layer',
      help: 'Also adapt the layer that expands.',
      default: false,
    },
    {
      kind: 'choice',
      key: 'init_weights',
      label: 'Initial values',
      help: '"lora" starts at the base model exactly; "bert" draws both factors.',
      options: ['lora', 'bert'],
      default: 'lora',
    },
    {
      kind: 'layers',
      key: 'leave_out',
      label: 'Layers left out',
      help: 'Layers without an update. Leaving out the lowest makes a step cheaper.',
      default: [],
    },
  ],
  defaultConfig: {
    architecture: 'lora',
    r: 8,
    alpha: 8,
    dropout: 0,
    attn_matrices: ['q', 'v'],
    intermediate_lora: false,
    init_weights: 'lora',
    leave_out: [],
  },
};

export const fakeBottleneck: MethodDescription = {
  id: 'seq_bn',
  title: 'Sequential bottleneck',
  summary: 'Puts a small two-layer network behind every feed-forward block (Pfeiffer adapter).',
  paper: 'Pfeiffer et al. 2020, arXiv:2005.00052',
  fields: [
    {
      kind: 'number',
      key: 'reduction_factor',
      label: 'Reduction factor',
      help: 'The bottleneck is hidden size / factor wide.',
      minimum: 1,
      maximum: 1024,
      default: 16,
    },
    {
      kind: 'choice',
      key: 'non_linearity',
      label: 'Non-linearity',
      help: 'Between the two layers.',
      options: ['relu', 'gelu', 'swish', 'tanh'],
      default: 'relu',
    },
  ],
  defaultConfig: { reduction_factor: 16, non_linearity: 'relu', dropout: 0, leave_out: [] },
};

export const fakeHeadOnly: MethodDescription = {
  id: 'head_only',
  title: 'Head only',
  summary: 'Trains nothing but the classification head: the baseline to compare adapters with.',
  paper: 'Linear probing, e.g. Alain & Bengio 2016, arXiv:1610.01644',
  fields: [],
  defaultConfig: null,
};
