/** Over any series: an axis contains what is drawn, and no two of its marks read alike. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChartAxis, placeAxis, valueAxis } from './axes';
import { type Range, yRangeOf } from './curve';

/** What a run may measure: any float32, what is not finite, values that are close together, one, none, a constant. */
const values = fc.oneof(
  fc.array(fc.float(), { maxLength: 30 }),
  fc.array(fc.double({ min: -1e250, max: 1e250 }), { maxLength: 30 }),
  fc.array(fc.double({ min: 0.4, max: 0.4001, noNaN: true }), { maxLength: 30 }),
  fc.array(fc.double({ min: 1e-12, max: 1e-3, noNaN: true }), { maxLength: 30 }),
  fc.tuple(fc.double({ noNaN: true }), fc.nat(9)).map(([value, more]) => Array(more + 1).fill(value)),
);

const rangeOfValues = (y: readonly number[], logScale: boolean): Range | null =>
  yRangeOf([{ x: y.map((_, i) => i), y }], { min: 0, max: y.length }, logScale);

function expectSound({ min, max, ticks }: ChartAxis, range: Range | null): void {
  expect(min).toBeLessThan(max);
  if (range) {
    expect(min).toBeLessThanOrEqual(range.min);
    expect(max).toBeGreaterThanOrEqual(range.max);
  }
  expect(ticks.length).toBeLessThanOrEqual(12);
  expect(new Set(ticks.map(({ label }) => label)).size).toBe(ticks.length);
  for (const { value } of ticks) {
    expect(value).toBeGreaterThanOrEqual(min);
    expect(value).toBeLessThanOrEqual(max);
  }
}

const labels = ({ ticks }: ChartAxis) => ticks.map(({ label }) => label);

describe('the axis of values', () => {
  it.each([false, true])('contains any series and has marks that differ, logarithmic: %s', (logScale) => {
    fc.assert(
      fc.property(values, (y) => {
        const range = rangeOfValues(y, logScale);
        const axis = valueAxis(range, { logScale });
        expectSound(axis, range);
        expect(axis.ticks.length).toBeGreaterThanOrEqual(2);
      }),
      { numRuns: 2000 },
    );
  });

  it('contains losses of half a decade on a logarithmic scale, with marks among them', () => {
    const axis = valueAxis({ min: 0.46, max: 0.87 }, { logScale: true });
    expect(axis.min).toBeLessThanOrEqual(0.46);
    expect(axis.max).toBeGreaterThanOrEqual(0.87);
    expect(labels(axis)).toEqual(['0.5', '0.6', '0.7', '0.8']);
  });

  it('marks decades where there are several', () => {
    expect(labels(valueAxis({ min: 2e-4, max: 0.7 }, { logScale: true }))).toEqual(['0.001', '0.01', '0.1']);
  });

  it('never leaves what a share can be', () => {
    const bounds = { min: 0, max: 1 };
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 9 }), (y) => {
        const range = rangeOfValues(y, false);
        const axis = valueAxis(range, { bounds, isShare: true });
        expectSound(axis, range);
        expect(axis.min).toBeGreaterThanOrEqual(0);
        expect(axis.max).toBeLessThanOrEqual(1);
      }),
      { numRuns: 1000 },
    );
    expect(labels(valueAxis({ min: 1, max: 1 }, { bounds, isShare: true })).at(-1)).toBe('100\u00a0%');
  });

  it('tells rates apart that are small', () => {
    expect(labels(valueAxis({ min: 0, max: 1e-4 }))).toEqual(['0', '2e-5', '4e-5', '6e-5', '8e-5', '1e-4']);
  });
});

describe('the axis of places', () => {
  it.each(['count', 'number', 'seconds'] as const)(
    'covers any range of %s with marks that differ',
    (unit) => {
      fc.assert(
        fc.property(
          fc.double({ min: 0, max: 1e7, noNaN: true }),
          fc.double({ min: 0, max: 1e7, noNaN: true }),
          (a, b) => {
            const range = { min: Math.min(a, b), max: Math.max(a, b) };
            expectSound(placeAxis(range, unit), range);
          },
        ),
        { numRuns: 2000 },
      );
    },
  );

  it('counts in whole numbers, and marks time as a clock has it', () => {
    expect(labels(placeAxis({ min: 1, max: 3 }, 'count'))).toEqual(['1', '2', '3']);
    expect(labels(placeAxis({ min: 0, max: 152 }, 'seconds'))[1]).toBe('30\u00a0s');
    expect(labels(placeAxis({ min: 65.1, max: 65.4 }, 'seconds'))).toContain('65.2\u00a0s');
  });
});
