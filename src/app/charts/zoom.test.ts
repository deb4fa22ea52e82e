import fc from 'fast-check';
import { expect, it } from 'vitest';
import { moved, scaled, within } from './zoom';

const all = { min: 0, max: 100 };

it('goes closer and further about the middle, and all is no zoom', () => {
  expect(scaled(all, all, 0.5)).toEqual({ min: 25, max: 75 });
  expect(scaled({ min: 25, max: 75 }, all, 2)).toBeNull();
  expect(scaled({ min: 90, max: 100 }, all, 2)).toEqual({ min: 80, max: 100 });
});

it('moves up to the ends', () => {
  expect(moved({ min: 40, max: 60 }, all, 0.5)).toEqual({ min: 50, max: 70 });
  expect(moved({ min: 5, max: 25 }, all, -0.5)).toEqual({ min: 0, max: 20 });
});

it('stays within what there is, whatever is asked', () => {
  const number = fc.double({ min: -500, max: 500, noNaN: true });
  fc.assert(
    fc.property(number, number, (a, b) => {
      const part = within({ min: Math.min(a, b), max: Math.max(a, b) }, all);
      if (!part) return;
      expect(part.min).toBeGreaterThanOrEqual(all.min);
      expect(part.max).toBeLessThanOrEqual(all.max + 1e-9);
      expect(part.max).toBeGreaterThan(part.min);
    }),
  );
});
