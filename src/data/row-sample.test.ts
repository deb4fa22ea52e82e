import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowSample } from './row-sample';

function sample(rows: number, wanted: number, seed: number): number[] {
  const drawn = new RowSample(rows, wanted, seed);
  return Array.from({ length: rows }, (_, row) => row).filter(() => drawn.takesNext());
}

it('has as many rows as wanted, all where there are no more, the same for the same seed', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 0, max: 2 ** 31 }),
      (rows, wanted, seed) => {
        expect(sample(rows, wanted, seed)).toHaveLength(Math.min(rows, wanted));
        expect(sample(rows, wanted, seed)).toEqual(sample(rows, wanted, seed));
      },
    ),
  );
  expect(sample(100, 10, 1)).not.toEqual(sample(100, 10, 2));
});

it('takes each row as often as any other', () => {
  const counts = new Array<number>(20).fill(0);
  for (let seed = 0; seed < 4000; seed++) for (const row of sample(20, 5, seed)) counts[row]! += 1;
  // 1,000 expected of each, standard deviation 27.4: five of them.
  for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(137);
});
