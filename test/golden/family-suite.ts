/** The recorded families of base models, once for any executor. */
import { expect, it } from 'vitest';
import type { Executor } from '../../src/runtime/executor';
import { failures, worst } from './compare';
import {
  buildFamilyCase,
  checkFamilyCase,
  checkFullFineTuning,
  families,
  loadFamily,
  parameterDifferences,
  savedBundle,
} from './family-case';
import { type FixtureSource, readJson } from './source';

interface Cases {
  readonly texts: readonly { readonly text: string }[];
  readonly pairs: readonly { readonly text: string; readonly text_pair: string }[];
}

interface RecordedIds {
  readonly max_length: number;
  readonly whole: readonly (readonly number[])[];
  readonly truncated: readonly (readonly number[])[];
  readonly pairs: readonly (readonly number[])[];
  readonly pairs_truncated: readonly (readonly number[])[];
}

const unlimited = Number.MAX_SAFE_INTEGER;

export function goldenTokenizers(source: FixtureSource): void {
  it.each(families)('the tokenizer of %s gives Python’s ids', async (name) => {
    const { tokenizer } = await loadFamily(source, name);
    const { texts, pairs } = await readJson<Cases>(source, 'tokenizer/cases.json');
    const recorded = await readJson<RecordedIds>(source, `families/${name}/ids.json`);
    const encode = (length: number) => texts.map(({ text }) => [...tokenizer.encode(text, length)]);
    const encodePairs = (length: number) =>
      pairs.map(({ text, text_pair }) => [...tokenizer.encodePair(text, text_pair, length)]);
    expect(recorded.whole).toHaveLength(200);
    expect(encode(unlimited)).toEqual(recorded.whole);
    expect(encode(recorded.max_length)).toEqual(recorded.truncated);
    expect(encodePairs(unlimited)).toEqual(recorded.pairs);
    expect(encodePairs(recorded.max_length)).toEqual(recorded.pairs_truncated);
  });
}

export function goldenFamilies(
  executorName: string,
  makeExecutor: () => Promise<Executor>,
  source: FixtureSource,
): void {
  it.each(families)(
    `golden ${executorName}: %s, every saved adapter from text to gradients`,
    async (name) => {
      const family = await loadFamily(source, name);
      const ids = Object.keys(family.reference.cases);
      expect(ids).toEqual(expect.arrayContaining(['lora', 'lora_ffn', 'seq_bn']));
      for (const id of ids) {
        const bundle = await savedBundle(source, family, id);
        const built = buildFamilyCase(family, bundle);
        expect(parameterDifferences(family, id, built)).toEqual([]);
        const checks = await checkFamilyCase(await makeExecutor(), family, id, bundle, built);
        const { what, error, allowed } = worst(checks);
        console.log(
          `golden ${executorName} ${name} ${id}: ${checks.length} checks, largest ${error.toExponential(2)} of ${allowed.toExponential(1)} allowed (${what})`,
        );
        expect(failures(checks), `${name} ${id}`).toEqual([]);
      }
      const lora = await savedBundle(source, family, 'lora');
      expect(failures(await checkFullFineTuning(await makeExecutor(), family, lora)), name).toEqual([]);
    },
  );
}
