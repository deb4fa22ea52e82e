/** Values of `non_linearity`, in the names of AdapterHub and transformers; the ops compute exactly these (`builders/activation-key.ts`). */
export const nonLinearities = [
  'gelu',
  'gelu_new',
  'relu',
  'leakyrelu',
  'swish',
  'silu',
  'tanh',
  'sigmoid',
] as const;
