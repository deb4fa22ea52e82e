import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { adapterMethods } from '../src/adapters/registry';
import type { EncoderConfig } from '../src/models/hooks';
import { fixturesFolder } from '../test/fixtures-folder';
import { methodsTable, robertaBase, trainedParameters } from './methods-table';

it('docs/METHODS.md is what the registry says; `npm run docs:methods` writes it', async () => {
  await expect(methodsTable()).toMatchFileSnapshot('../docs/METHODS.md');
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

  it('are recorded for most methods', () => expect(cases.length).toBeGreaterThan(30));

  it.each(cases)('$id on $name: $trainable', ({ method, model, trainable }) => {
    expect(trainedParameters(method, model)).toBe(trainable);
  });
});
