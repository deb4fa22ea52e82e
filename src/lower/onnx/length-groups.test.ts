import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { groupCount, groupsOf, longestOf, placesOfRows } from './length-groups';

/** Layout of ragged rows, or of rows padded to the longest. */
function layoutOf(lengths: readonly number[], pad = false): Uint32Array {
  const longest = Math.max(...lengths);
  let first = 0;
  return Uint32Array.from(
    lengths.flatMap((keys) => {
      const rows = pad ? longest : keys;
      first += rows;
      return [first - rows, rows, keys, 0];
    }),
  );
}

const lists = (layout: Uint32Array) =>
  Array.from({ length: layout.length / 4 }, (_, i) => [...layout.subarray(4 * i, 4 * i + 4)]);

const batches = fc
  .tuple(fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 12 }), fc.boolean())
  .map(([lengths, pad]) => layoutOf(lengths, pad));

const scoresOf = (groups: readonly (readonly number[])[]) =>
  groups.reduce((total, lengths) => total + lengths.length * Math.max(...lengths) ** 2, 0);

/** The fewest that lists of neighbours of `lengths`, ascending, can have. */
function fewestScores(lengths: readonly number[], groups: number): number {
  if (groups === 1) return scoresOf([lengths]);
  const ends = Array.from({ length: lengths.length - groups + 1 }, (_, i) => i + 1);
  return Math.min(
    ...ends.map((end) => scoresOf([lengths.slice(0, end)]) + fewestScores(lengths.slice(end), groups - 1)),
  );
}

describe('groupsOf', () => {
  it('has every sequence once, with its number, and before them as many first rows as no group is empty with', () =>
    fc.assert(
      fc.property(batches, (layout) => {
        const groups = groupsOf(layout);
        expect(groups).toHaveLength(groupCount);
        const entries = groups.flatMap(lists);
        const sequences = lists(layout).map(([first, rows, keys], s) => [first, rows, keys, s]);
        const firstRows = entries.splice(0, Math.max(0, groupCount - sequences.length));
        expect(firstRows).toEqual(firstRows.map(() => [0, 1, 1, 0]));
        const rows = entries.map((entry) => entry[1]!);
        expect(rows).toEqual([...rows].sort((a, b) => a - b));
        expect(entries.sort((a, b) => a[3]! - b[3]!)).toEqual(sequences);
      }),
    ));

  it('leaves no group empty', () =>
    fc.assert(
      fc.property(batches, (layout) => {
        for (const group of groupsOf(layout)) expect(group.length).toBeGreaterThan(0);
      }),
    ));

  it('has the fewest scores', () =>
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 12 }), { minLength: groupCount, maxLength: 12 }),
        (lengths) => {
          const groups = groupsOf(layoutOf(lengths)).map((group) => lists(group).map((entry) => entry[1]!));
          const ascending = [...lengths].sort((a, b) => a - b);
          expect(scoresOf(groups)).toBe(fewestScores(ascending, groupCount));
        },
      ),
    ));
});

describe('placesOfRows', () => {
  it('names the place where each row was put, for any prefix and heads', () =>
    fc.assert(
      fc.property(
        batches,
        fc.integer({ min: 0, max: 5 }),
        fc.integer({ min: 1, max: 3 }),
        (layout, prefix, heads) => {
          // The grids' places one after another, each with the row and head that stand there, as the model gathers them.
          const numbers = Array.from({ length: heads }, (_, head) => head);
          const rowAt = groupsOf(layout).flatMap((group) =>
            lists(group).flatMap(([first, rows, , number]) =>
              numbers.flatMap((head) =>
                Array.from({ length: longestOf(group) + prefix }, (_, j) =>
                  j < rows! + prefix ? (first! + number! * prefix + j) * heads + head : 'none',
                ),
              ),
            ),
          );
          const places = placesOfRows(layout, prefix, heads);
          const all = lists(layout).reduce((total, [, rows]) => total + rows! + prefix, 0) * heads;
          expect([...places].map((place) => rowAt[place])).toEqual(Array.from({ length: all }, (_, i) => i));
        },
      ),
    ));
});
