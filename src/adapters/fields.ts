/** Form fields that several methods share. */
import { nonLinearities } from './activation-key';
import type { MethodField } from './method';

/** The same fields for a member of a union. */
export function fieldsOfMember(
  index: number,
  title: string,
  fields: readonly MethodField[],
): readonly MethodField[] {
  return fields.map((field) => ({
    ...field,
    key: `configs.${index}.${field.key}`,
    label: `${title}: ${field.label}`,
  }));
}

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
  help: 'Projections of self-attention that are adapted.',
  options: ['q', 'k', 'v'],
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

export const loraInitialField: MethodField = {
  kind: 'choice',
  key: 'init_weights',
  label: 'Initial values',
  help: '"lora" starts at the base model exactly; "bert" draws both factors.',
  options: ['lora', 'bert'],
  default: 'lora',
};

export const gatingField: MethodField = {
  kind: 'boolean',
  key: 'use_gating',
  label: 'Gating',
  help: 'One trained gate a sequence opens or shuts the module.',
  default: false,
};

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
  kind: 'number',
  key: 'reduction_factor',
  label: 'Reduction factor',
  help: 'The bottleneck is hidden size / factor wide.',
  minimum: 0.1,
  maximum: 1024,
  default: value,
});
