import fc from 'fast-check';
import { expect, it } from 'vitest';
import { torchRandperm } from './random';
import { splitOff } from './split';
import { TextIds } from './text-ids';

/** As it was on texts themselves, up to version 0.1.0: the runs of that version are resumed on its splits. */
function splitOfTexts(texts: readonly string[], groups: ArrayLike<number>, fraction: number, seed: number) {
  const textsOf = new Map<number, Set<string>>();
  texts.forEach((text, i) => {
    const group = groups[i]!;
    textsOf.set(group, (textsOf.get(group) ?? new Set()).add(text));
  });
  const held = new Set<string>();
  for (const [group, members] of [...textsOf].sort(([a], [b]) => a - b)) {
    const distinct = [...members];
    const free = distinct.filter((text) => !held.has(text));
    const wanted = Math.min(
      distinct.length - 1,
      Math.max(distinct.length > 1 ? 1 : 0, Math.round(fraction * distinct.length)),
    );
    const order = torchRandperm(free.length, seed + group);
    for (let k = distinct.length - free.length, i = 0; k < wanted && i < free.length; k++, i++)
      held.add(free[order[i]!]!);
  }
  return texts.map((text) => Number(held.has(text)));
}

async function split(texts: readonly string[], groups: ArrayLike<number>, fraction: number, seed: number) {
  const ids = new TextIds(texts.length);
  for (const text of texts) ids.add(new TextEncoder().encode(text));
  return splitOff(await ids.firstRows(), groups, fraction, seed);
}

const rowsOfAny = fc.array(fc.tuple(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 3 })), {
  minLength: 1,
  maxLength: 200,
});

it('holds the rows that it held before texts were hashed', async () => {
  await fc.assert(
    fc.asyncProperty(
      rowsOfAny,
      fc.constantFrom(0.05, 0.1, 0.2, 0.5),
      fc.integer({ min: 0, max: 99 }),
      async (pairs, fraction, seed) => {
        const texts = pairs.map(([text]) => `t${text}`);
        const groups = pairs.map(([, group]) => group);
        expect([...(await split(texts, groups, fraction, seed))]).toEqual(
          splitOfTexts(texts, groups, fraction, seed),
        );
      },
    ),
    { numRuns: 1000 },
  );
  const texts = Array.from({ length: 20_000 }, (_, i) => `row ${(i * 7919) % 15_000}`);
  const groups = texts.map((_, i) => (i * i) % 11);
  expect([...(await split(texts, groups, 0.1, 42))]).toEqual(splitOfTexts(texts, groups, 0.1, 42));
});

it('keeps copies of a text on one side', async () => {
  await fc.assert(
    fc.asyncProperty(rowsOfAny, fc.integer({ min: 0, max: 99 }), async (pairs, seed) => {
      const texts = pairs.map(([text]) => `t${text}`);
      const groups = pairs.map(([, group]) => group);
      const sides = await split(texts, groups, 0.2, seed);
      expect(sides).toHaveLength(texts.length);
      texts.forEach((text, i) => {
        expect(sides[i]).toBe(sides[texts.indexOf(text)]);
      });
    }),
    { numRuns: 200 },
  );
});
