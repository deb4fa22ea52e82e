import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { methodSize } from '../src/adapters/builders/method-size';
import { type MethodGroup, methodGroups } from '../src/adapters/method';
import { adapterMethods, methodById } from '../src/adapters/registry';
import type { EncoderConfig } from '../src/models/hooks';
import { fixturesFolder } from '../test/fixtures-folder';
import { methodsTable, robertaBase } from './methods-table';

it('docs/METHODS.md is what the registry says; `npm run docs:methods` writes it', async () => {
  await expect(methodsTable()).toMatchFileSnapshot('../docs/METHODS.md');
});

/**
 * Methods that the recorded counts leave out, on roberta-base: `adapter_summary` of adapters 1.3.0 for Adapter+ and for the union of
 * LoRA and seq_bn; for BitFit and full fine-tuning the biases, and all, of `RobertaAdapterModel`'s parameters without its pooler.
 */
const others: Readonly<Record<string, number>> = {
  adapter_plus: 165_984,
  union: 1_189_440,
  bitfit: 102_144,
  full: 124_055_040,
  lora_fa: 294_912 / 2, // LoRA's second factors
  head_only: 0,
};

it.each(Object.entries(others))('%s trains %i numbers', (id, trainable) => {
  expect(methodSize(methodById(id), robertaBase).trained).toBe(trainable);
});

describe('the groups of the form', () => {
  const { stored: inLora, trained: byLora } = methodSize(methodById('lora'), robertaBase);
  const ofGroup = (group: MethodGroup) => adapterMethods.filter((method) => method.group === group);

  it('hold methods each, and every method says in a sentence of its own what it is good for', () => {
    for (const group of Object.keys(methodGroups) as MethodGroup[])
      expect(ofGroup(group).length, group).toBeGreaterThan(1);
    for (const { id, plainly } of adapterMethods) expect(plainly, id).toMatch(/^[A-Z].{20,120}\.$/);
    expect(new Set(adapterMethods.map(({ plainly }) => plainly)).size).toBe(adapterMethods.length);
  });

  it.each(ofGroup('small'))('$title has a smaller file than LoRA', (method) => {
    expect(methodSize(method, robertaBase).stored).toBeLessThan(inLora);
  });

  it.each(ofGroup('accurate'))('$title trains more than LoRA', (method) => {
    expect(methodSize(method, robertaBase).trained).toBeGreaterThan(byLora);
  });
});

const counts = join(fixturesFolder(), 'reference/parameter_counts.json');

describe.skipIf(!existsSync(counts))("the library's adapter_summary counts", () => {
  const recorded = (existsSync(counts) ? JSON.parse(readFileSync(counts, 'utf8')) : {}) as Record<
    string,
    { readonly methods: Readonly<Record<string, { readonly trainable: number }>> }
  >;
  const robertaLarge: EncoderConfig = {
    ...robertaBase,
    hiddenSize: 1024,
    numHiddenLayers: 24,
    numAttentionHeads: 16,
    intermediateSize: 4096,
  };
  const cases = Object.entries({ 'roberta-base': robertaBase, 'roberta-large': robertaLarge }).flatMap(
    ([name, model]) =>
      Object.entries(recorded[name]?.methods ?? {}).flatMap(([id, { trainable }]) => {
        const method = adapterMethods.find((m) => m.id === id);
        return method ? [{ name, model, id, method, trainable }] : [];
      }),
  );

  it('are recorded, or stand here, for every method', () => {
    const known = [...cases.map(({ id }) => id), ...Object.keys(others)];
    expect(adapterMethods.map(({ id }) => id).filter((id) => !known.includes(id))).toEqual([]);
  });

  it.each(cases)('$id on $name: $trainable', ({ method, model, trainable }) => {
    expect(methodSize(method, model).trained).toBe(trainable);
  });
});
