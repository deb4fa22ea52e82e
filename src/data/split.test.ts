import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Split } from './dataset';
import { splitOff } from './split';

const splitOf = (pairs: readonly (readonly [text: string, label: number])[]): Split => ({
  texts: pairs.map(([text]) => text),
  labels: Uint32Array.from(pairs, ([, label]) => label),
});
const pairsOf = ({ texts, labels }: Split) => texts.map((text, i) => `${text} ${labels[i]}`);
const classesOf = ({ labels }: Split) => [...new Set(labels)].sort();

it('takes the same share of every class', () => {
  const rows = splitOf(Array.from({ length: 1000 }, (_, i) => [`t${i}`, i % 10 === 0 ? 1 : 0]));
  const { train, validation } = splitOff(rows, 0.1, 42);
  expect([train.texts.length, validation.texts.length]).toEqual([900, 100]);
  expect(validation.labels.filter((label) => label === 1).length).toBe(10);
});

it('draws another split from another seed, the same from the same', () => {
  const rows = splitOf(Array.from({ length: 100 }, (_, i) => [`t${i}`, i % 2]));
  expect(splitOff(rows, 0.1, 1)).toEqual(splitOff(rows, 0.1, 1));
  expect(splitOff(rows, 0.1, 1).validation.texts).not.toEqual(splitOff(rows, 0.1, 2).validation.texts);
});

it('leaves every class a text to train on, though other classes hold its texts', () => {
  const rows = splitOf([...'abcxy'].map((text) => [text, 0] as const).concat([...'ab'].map((t) => [t, 1])));
  for (let seed = 0; seed < 300; seed++) expect(classesOf(splitOff(rows, 0.4, seed).train)).toEqual([0, 1]);
});

it('splits 200,000 copies of one text without walking them again for each', () => {
  const rows = splitOf([...Array.from({ length: 200_000 }, () => ['same', 0] as const), ['other', 0]]);
  const started = performance.now();
  const { train, validation } = splitOff(rows, 0.1, 1);
  // 60,000 copies took 49 s when each copied the list of those before it.
  expect(performance.now() - started).toBeLessThan(5000);
  expect([train.texts.length, validation.texts.length].sort((a, b) => a - b)).toEqual([1, 200_000]);
});

const anyRows = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 30 }).map(String), fc.integer({ min: 0, max: 3 })), {
    minLength: 1,
    maxLength: 200,
  })
  .map(splitOf);
const anyFraction = fc.double({ min: 0, max: 1, noNaN: true });

it('loses, repeats and leaks no row of any data', () => {
  fc.assert(
    fc.property(anyRows, anyFraction, fc.integer({ min: 0, max: 99 }), (rows, fraction, seed) => {
      const { train, validation } = splitOff(rows, fraction, seed);
      expect([...pairsOf(train), ...pairsOf(validation)].sort()).toEqual(pairsOf(rows).sort());
      expect(train.texts.filter((text) => validation.texts.includes(text))).toEqual([]);
      expect(classesOf(train)).toEqual(classesOf(rows));
    }),
    { numRuns: 300 },
  );
});

it('has every class of two texts on both sides where each text has one label', () => {
  const oneLabelEach = anyRows.map(({ texts }) => splitOf(texts.map((text) => [text, Number(text) % 4])));
  fc.assert(
    fc.property(oneLabelEach, anyFraction, (rows, fraction) => {
      const { validation } = splitOff(rows, fraction, 7);
      for (const label of classesOf(rows)) {
        const texts = new Set(rows.texts.filter((_, i) => rows.labels[i] === label)).size;
        const held = new Set(validation.texts.filter((_, i) => validation.labels[i] === label)).size;
        expect(held).toBe(Math.min(texts - 1, Math.max(texts > 1 ? 1 : 0, Math.round(fraction * texts))));
      }
    }),
    { numRuns: 300 },
  );
});
