import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { drawnMatrix } from '../../test/drawn-matrix';
import { roundTo } from './rounding';

describe('f16', () => {
  it('rounds to nearest, ties to even, subnormal numbers too', () => {
    const ulp = 2 ** -10;
    const cases: readonly (readonly [number, number])[] = [
      [1, 1],
      [1 + ulp / 2, 1],
      [1 + 1.5 * ulp, 1 + 2 * ulp],
      [1 + 0.51 * ulp, 1 + ulp],
      [2 - ulp / 2, 2],
      [-65504, -65504],
      [2 ** -24, 2 ** -24],
      [2 ** -25, 0],
      [1.5 * 2 ** -24, 2 ** -23],
      [2 ** -14 - 2 ** -26, 2 ** -14],
    ];
    const rounded = roundTo(
      'f16',
      Float32Array.from(cases, ([value]) => value),
      1,
    )!;
    expect([...rounded]).toEqual(cases.map(([, expected]) => expected));
  });

  it('refuses what a half cannot hold', () => {
    expect(roundTo('f16', Float32Array.of(65519), 1)).toEqual(Float32Array.of(65504));
    for (const value of [65520, -1e30, Number.POSITIVE_INFINITY, Number.NaN])
      expect(roundTo('f16', Float32Array.of(value), 1)).toBeNull();
  });
});

describe('int8', () => {
  it('keeps the largest value of a row at 127 steps, and errs by half a step at most', () => {
    fc.assert(
      fc.property(drawnMatrix, ({ rows, cols, data }) => {
        const rounded = roundTo('int8', data, rows)!;
        for (let row = 0; row < rows; row++) {
          const [before, after] = [data, rounded].map((values) =>
            values.subarray(row * cols, (row + 1) * cols),
          );
          const largest = Math.max(...before!.map(Math.abs));
          const step = (largest * (1 + 2 ** -15)) / 127;
          before!.forEach((value, i) => {
            expect(Math.abs(value - after![i]!)).toBeLessThanOrEqual(step / 2 + 1e-30);
          });
        }
      }),
    );
  });

  it('leaves the sign and zero alone', () => {
    expect([...roundTo('int8', Float32Array.of(0, -127, 127, 0, 0, 0), 2)!].map((v) => v + 0)).toEqual([
      0, -127, 127, 0, 0, 0,
    ]);
  });
});

it.each(['f16', 'int8'] as const)('%s: what was rounded stays when it is rounded again', (storage) => {
  fc.assert(
    fc.property(drawnMatrix, ({ rows, data }) => {
      const rounded = roundTo(storage, data, rows)!;
      expect(roundTo(storage, rounded, rows)).toEqual(rounded);
    }),
  );
});
