/** The form fields of the bottleneck methods: every key of `BnConfig` that matters on RoBERTa, its default as the method has it. */
import type { AdapterConfig } from './config';
import {
  advanced,
  dropoutField,
  gatingField,
  leaveOutField,
  nonLinearityField,
  reductionField,
} from './fields';
import type { MethodField } from './method';

type Fields = readonly MethodField[];

/** `config` is the method's default: its values are the fields', and Kronecker or invertible parts bring theirs. */
export function bottleneckFields(config: AdapterConfig): Fields {
  const flag = (key: string, label: string, help: string): MethodField => ({
    kind: 'boolean',
    key,
    label,
    help,
    advanced: true,
    default: config[key] === true,
  });
  return [
    reductionField(Number(config.reduction_factor)),
    nonLinearityField(String(config.non_linearity)),
    ...(config.phm_layer ? kroneckerFields : []),
    ...(config.inv_adapter ? invertibleFields : []),
    dropoutField('Adapter dropout', 'Dropout on the output of the bottleneck.'),
    leaveOutField,
    flag('mh_adapter', 'Behind attention', 'A module behind the attention block of every layer.'),
    flag('output_adapter', 'Behind feed-forward', 'A module behind the feed-forward block of every layer.'),
    ...(config.is_parallel
      ? []
      : [
          flag(
            'original_ln_before',
            'Frozen LayerNorm before',
            'The module reads the block’s output after residual and LayerNorm.',
          ),
        ]),
    flag('original_ln_after', 'Frozen LayerNorm after', 'Residual and LayerNorm follow the module.'),
    flag('ln_before', 'Own LayerNorm before', 'A trained LayerNorm on what the module reads.'),
    flag('ln_after', 'Own LayerNorm after', 'A trained LayerNorm on what the module puts out.'),
    ...(config.is_parallel ? [] : residualFields(config)),
    scalingField(config.scaling as number | string),
    ...(config.phm_layer ? [] : [initialField(String(config.init_weights))]),
    gatingField(config.use_gating === true),
  ];
}

/** What the residual around a sequential module adds. */
const residualFields = ({ residual_before_ln }: AdapterConfig): Fields => [
  {
    kind: 'choice',
    key: 'residual_before_ln',
    label: 'Residual of the module',
    help: 'What is added to the module’s output.',
    options: [true, false, 'post_add'],
    optionLabels: {
      true: 'true: the block’s output',
      false: 'false: what the module reads',
      post_add: 'post_add: the block’s output and input',
    },
    advanced: true,
    default: residual_before_ln !== false,
  },
  {
    kind: 'boolean',
    key: 'adapter_residual_before_ln',
    label: 'Own LayerNorm on the sum',
    help: 'Only with an own LayerNorm after: it comes after the residual.',
    advanced: true,
    default: false,
  },
];

const scalingField = (value: number | string): MethodField => ({
  kind: 'numberOrWord',
  key: 'scaling',
  label: 'Scaling',
  help: 'Factor on the module’s output: a number, one that trains, or one for every channel that trains.',
  options: ['learned', 'channel'],
  optionLabels: { learned: 'learned: one number', channel: 'channel: one each' },
  minimum: -100,
  maximum: 100,
  advanced: true,
  default: value,
});

const initialField = (value: string): MethodField => ({
  kind: 'choice',
  key: 'init_weights',
  label: 'Initial values',
  help: 'How both layers are drawn. "mam_adapter" starts at the base model exactly.',
  options: ['bert', 'mam_adapter', 'houlsby'],
  optionLabels: {
    bert: 'bert: normal',
    mam_adapter: 'mam_adapter: second layer 0',
    houlsby: 'houlsby: truncated normal',
  },
  advanced: true,
  default: value,
});

const invertibleFields: Fields = [
  {
    kind: 'number',
    key: 'inv_adapter_reduction_factor',
    label: 'Reduction, invertible',
    help: 'The networks of the invertible block are half the hidden size / factor wide.',
    minimum: 0.1,
    maximum: 1024,
    default: 2,
  },
];

/** Compacter's (`PHMLayer`). */
const kroneckerFields: Fields = [
  {
    kind: 'integer',
    key: 'phm_dim',
    label: 'Kronecker products',
    help: 'How many are summed; must divide hidden and bottleneck size.',
    minimum: 1,
    maximum: 64,
    default: 4,
  },
  {
    kind: 'integer',
    key: 'phm_rank',
    label: 'Rank',
    help: 'Of the factors of each product.',
    minimum: 1,
    maximum: 64,
    default: 1,
  },
  ...(
    [
      ['shared_phm_rule', 'Rules shared', 'One set of rules for all layers.', true],
      ['factorized_phm_rule', 'Rules factorised', 'Each rule is a product of two vectors.', false],
      ['learn_phm', 'Rules train', 'Off, the rules stay as they were drawn.', true],
      ['shared_W_phm', 'Weights shared', 'One set of weights for all layers.', false],
      ['factorized_phm_W', 'Weights factorised', 'Each weight is a product of two of the rank.', true],
      ['phm_bias', 'Bias', 'Both layers have one.', true],
    ] as const
  ).map(
    ([key, label, help, value]): MethodField => ({
      kind: 'boolean',
      key,
      label,
      help,
      advanced: true,
      default: value,
    }),
  ),
  {
    kind: 'choice',
    key: 'phm_c_init',
    label: 'Rules drawn',
    help: 'The distribution of the rules at the start.',
    options: ['normal', 'uniform'],
    advanced: true,
    default: 'normal',
  },
  advanced({
    kind: 'number',
    key: 'phm_init_range',
    label: 'Rules’ deviation',
    help: 'Standard deviation of shared rules that are drawn normal.',
    minimum: 0,
    maximum: 10,
    default: 0.0001,
  }),
];
