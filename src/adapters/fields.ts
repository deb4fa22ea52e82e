/** Form fields that several methods share; the bottlenecks' own are in `bottleneck-fields.ts`. */
import type { MethodField } from './method';
import { nonLinearities } from './non-linearity';

/** The same field among those that few need. */
export const advanced = (field: MethodField): MethodField => ({ ...field, advanced: true });

export const rankField = (value = 8): MethodField => ({
  kind: 'integer',
  key: 'r',
  label: 'Rank',
  help: 'Size of the low-rank update. Parameters grow with it.',
  minimum: 1,
  maximum: 256,
  default: value,
});

export const alphaField = (value = 8): MethodField => ({
  kind: 'number',
  key: 'alpha',
  label: 'Alpha',
  help: 'The update is scaled by alpha / rank.',
  minimum: 0,
  maximum: 1024,
  default: value,
});

export const dropoutField = (label: string, help: string, value = 0): MethodField => ({
  kind: 'number',
  key: 'dropout',
  label,
  help,
  minimum: 0,
  maximum: 0.9,
  default: value,
});

export const matricesField = (value: readonly string[] = ['q', 'v']): MethodField => ({
  kind: 'choices',
  key: 'attn_matrices',
  label: 'Attention matrices',
  help: 'Adapted projections of self-attention. Its output ("o") never is: AdapterHub leaves it out on RoBERTa. The feed-forward layers can be adapted instead.',
  options: ['q', 'k', 'v'],
  optionLabels: { q: 'query', k: 'key', v: 'value' },
  default: value,
});

export const feedForwardFields = (intermediate = false): readonly MethodField[] => [
  {
    kind: 'boolean',
    key: 'intermediate_lora',
    label: 'Feed-forward, first layer',
    help: 'Also adapt the layer that expands to the intermediate size.',
    default: intermediate,
  },
  {
    kind: 'boolean',
    key: 'output_lora',
    label: 'Feed-forward, second layer',
    help: 'Also adapt the layer that projects back.',
    default: false,
  },
];

/** Off, the attention matrices stay as they are whatever is chosen for them. */
export const selfAttentionField: MethodField = {
  kind: 'boolean',
  key: 'selfattn_lora',
  label: 'Adapt self-attention',
  help: 'Off, only the feed-forward layers are adapted.',
  advanced: true,
  default: true,
};

/** How the factors of a low-rank update are drawn. */
export const factorInitialField = (value: string): MethodField => ({
  kind: 'choice',
  key: 'init_weights',
  label: 'Initial values',
  help: 'How the factors are drawn. "lora" starts at the base model exactly.',
  options: ['lora', 'bert', 'ia3', 'vera'],
  optionLabels: {
    lora: 'lora: second factor 0',
    bert: 'bert: both random',
    ia3: 'ia3: both 1',
    vera: 'vera: both random, wide',
  },
  advanced: true,
  default: value,
});

export const gatingField = (value = false): MethodField => ({
  kind: 'boolean',
  key: 'use_gating',
  label: 'Gating',
  help: 'One trained gate for each sequence opens or shuts the module.',
  advanced: true,
  default: value,
  cautions: [
    {
      value: true,
      text: 'Gates average over padded positions too, as in AdapterHub: batches are padded to their longest text, and a text’s result depends on its neighbours. Padding to max length makes it the same everywhere; without gating it is so anyway.',
    },
  ],
});

export const leaveOutField: MethodField = {
  kind: 'layers',
  key: 'leave_out',
  label: 'Layers left out',
  help: 'Layers without a module. Leaving out the lowest makes a step cheaper (AdapterDrop).',
  default: [],
};

export const nonLinearityField = (value: string): MethodField => ({
  kind: 'choice',
  key: 'non_linearity',
  label: 'Non-linearity',
  help: 'Between the two layers of the module.',
  options: nonLinearities,
  default: value,
});

export const reductionField = (value: number): MethodField => ({
  kind: 'numberByLayer',
  key: 'reduction_factor',
  label: 'Reduction factor',
  help: 'The bottleneck is hidden size / factor wide; a layer can have a factor of its own.',
  minimum: 0.1,
  maximum: 1024,
  default: value,
});

export const prefixFields = (length = 30): readonly MethodField[] => [
  {
    kind: 'integer',
    key: 'prefix_length',
    label: 'Prefix length',
    help: 'Trained keys and values in front of every layer’s own.',
    minimum: 1,
    maximum: 512,
    default: length,
  },
];

/** Of the network that makes a prefix. */
export const prefixNetworkFields = (width = 512): readonly MethodField[] => [
  {
    kind: 'integer',
    key: 'bottleneck_size',
    label: 'Network width',
    help: 'Of the network that makes the prefix.',
    minimum: 1,
    maximum: 8192,
    default: width,
  },
  advanced(nonLinearityField('tanh')),
];

export const prefixEndFields = (gated = false): readonly MethodField[] => [
  dropoutField('Prefix dropout', 'Dropout on the trained keys and values.'),
  leaveOutField,
  gatingField(gated),
  {
    kind: 'boolean',
    key: 'shared_gating',
    label: 'One gate for keys and values',
    help: 'Only with gating. Off, values have a gate of their own.',
    advanced: true,
    default: true,
  },
];

/** LoReFT, NoReFT and DiReFT have the same. */
export const reftFields: readonly MethodField[] = [
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
  {
    kind: 'someLayers',
    key: 'layers',
    label: 'Edited layers',
    help: 'Layers whose output is edited.',
    advanced: true,
    default: 'all',
  },
  {
    kind: 'choice',
    key: 'non_linearity',
    label: 'Non-linearity',
    help: 'On the source of the edit; the paper has none.',
    options: [null, ...nonLinearities],
    optionLabels: { null: 'none' },
    advanced: true,
    default: null,
  },
];

/** Start values of VeRA's two trained matrices. */
export const veraDiagonalFields: readonly MethodField[] = [
  {
    kind: 'number',
    key: 'vera_d',
    label: 'Initial d',
    help: 'Diagonal that the inner matrix starts with.',
    minimum: -10,
    maximum: 10,
    default: 0.1,
  },
  {
    kind: 'number',
    key: 'vera_b',
    label: 'Initial b',
    help: 'Diagonal that the outer matrix starts with.',
    minimum: -10,
    maximum: 10,
    default: 0,
  },
];
