/** The formats an adapter can be taken away in, and the ways of averaging: words that the page shares. */

export const exportFormats = ['adapterhub', 'peft', 'merged'] as const;

export type ExportFormat = (typeof exportFormats)[number];

export type AveragingStrategy = 'linear' | 'lora_linear_only_negate_b' | 'lora_delta_w_svd';
