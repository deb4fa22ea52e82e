import { expect, it } from 'vitest';
import type { AdapterConfig } from '../../adapters/config';
import { adapterMethods } from '../../adapters/registry';
import { isGated } from './adapter-plan';

const gated = (config: AdapterConfig | null) => isGated({ config, composition: null });
const lora: AdapterConfig = { architecture: 'lora', r: 8, use_gating: false };

it('is gated where the configuration or a member of its union is', () => {
  expect(gated({ ...lora, use_gating: true })).toBe(true);
  expect(gated(lora)).toBe(false);
  expect(gated(null)).toBe(false);
  const inner = { architecture: 'union', configs: [lora, { ...lora, use_gating: true }] };
  expect(gated({ architecture: 'union', configs: [lora, inner] })).toBe(true);
  expect(gated({ architecture: 'union', configs: [lora, lora] })).toBe(false);
  expect(adapterMethods.filter(({ defaultConfig }) => gated(defaultConfig)).map(({ id }) => id)).toEqual([
    'unipelt',
  ]);
});

it('is not gated by a name that reads like the key', () => {
  const text = '"use_gating":true';
  expect(gated({ ...lora, task_type: text, base_model_name_or_path: `{${text}}` })).toBe(false);
  // Of a module, of an option's value: keys, but not the configuration's.
  expect(gated({ ...lora, alpha_pattern: { 'x"use_gating': true } })).toBe(false);
  expect(gated({ ...lora, reduction_factor: { use_gating: true } })).toBe(false);
});

it('is gated where an adapter that it is composed with is', () => {
  const other = (config: AdapterConfig) => ({ name: 'a', config, tensors: new Map() });
  const composition = (config: AdapterConfig) => ({
    setup: { type: 'Stack' as const, children: [] },
    others: [other(lora), other(config)],
    fusion: null,
  });
  expect(isGated({ config: lora, composition: composition({ ...lora, use_gating: true }) })).toBe(true);
  expect(isGated({ config: lora, composition: composition(lora) })).toBe(false);
});
