import { describe, expect, it } from 'vitest';
import { decimate } from './decimate';
import { niceTicks, valueRange } from './domain';
import { nearestPoint } from './nearest-point';
import { smooth } from './smooth';

describe('decimate', () => {
  const x = Array.from({ length: 5000 }, (_, i) => i);
  const y = x.map((i) => (i === 1234 ? 50 : Math.sin(i / 100)));

  it('thins to the limit, keeps the ends, the order and a spike', () => {
    const thin = decimate(x, y, 500);
    expect(thin.length).toBe(500);
    expect(thin[0]).toEqual({ x: 0, y: y[0] });
    expect(thin.at(-1)).toEqual({ x: 4999, y: y[4999] });
    expect(thin.every((point, i) => i === 0 || point.x > thin[i - 1]!.x)).toBe(true);
    expect(thin).toContainEqual({ x: 1234, y: 50 });
  });

  it('leaves short lines alone', () => {
    expect(decimate([1, 2, 3], [4, 5, 6], 500)).toEqual([
      { x: 1, y: 4 },
      { x: 2, y: 5 },
      { x: 3, y: 6 },
    ]);
    expect(decimate([], [], 500)).toEqual([]);
  });

  it('leaves out what is not finite, as a skipped step’s loss', () => {
    expect(decimate([1, 2, 3, 4], [4, Number.NaN, Number.POSITIVE_INFINITY, 6], 500)).toEqual([
      { x: 1, y: 4 },
      { x: 4, y: 6 },
    ]);
  });

  it.each([501, 502, 503, 999, 1000])('fills every bucket of %i points', (length) => {
    const thin = decimate(x.slice(0, length), y.slice(0, length), 500);
    expect(thin.length).toBe(500);
    expect(thin.every((point) => Number.isFinite(point.x) && Number.isFinite(point.y))).toBe(true);
  });
});

describe('smooth', () => {
  it('has no bias at the start', () => {
    expect([...smooth([2, 2, 2], 0.9)].map((v) => Number(v.toFixed(9)))).toEqual([2, 2, 2]);
    expect([...smooth([1, 3], 0)]).toEqual([1, 3]);
    // (0.5·1·0.5 + 0.5·3) / (1 − 0.25)
    expect(smooth([1, 3], 0.5)[1]).toBeCloseTo(1.75 / 0.75, 12);
  });

  it('steps over what is not finite', () => {
    expect([...smooth([1, Number.NaN, 3], 0.5)]).toEqual([1, Number.NaN, 1.75 / 0.75]);
  });
});

describe('niceTicks', () => {
  it('covers the range with round values', () => {
    expect(niceTicks({ min: 0.31, max: 0.72 })).toEqual([0.2, 0.4, 0.6, 0.8]);
    expect(niceTicks({ min: 1, max: 1602 })).toEqual([0, 500, 1000, 1500, 2000]);
  });

  it('has a span where all values are one', () => {
    const ticks = niceTicks({ min: 0.5, max: 0.5 });
    expect(ticks[0]).toBeLessThanOrEqual(0.5);
    expect(ticks.at(-1)).toBeGreaterThan(0.5);
    expect(niceTicks({ min: 0, max: 0 }).length).toBeGreaterThan(1);
  });

  it('counts in 1, 2, 5 on a logarithmic axis and stays above 0', () => {
    expect(niceTicks({ min: 0.03, max: 0.7 }, { logScale: true })).toEqual([0.02, 0.05, 0.1, 0.2, 0.5, 1]);
    expect(niceTicks({ min: 0, max: 1 }, { logScale: true }).every((tick) => tick > 0)).toBe(true);
  });

  it('marks only whole steps if asked', () => {
    expect(niceTicks({ min: 1, max: 3 }, { whole: true })).toEqual([1, 2, 3]);
  });

  it('goes with the range of all lines', () => {
    expect(valueRange([[{ x: 1, y: 5 }], [], [{ x: 3, y: 2 }]])).toEqual({ min: 2, max: 5 });
    expect(valueRange([[]])).toBeNull();
  });
});

it('finds the nearest point within reach, by bisection', () => {
  const points = [1, 2, 4, 8].map((x) => ({ x, y: 10 * x }));
  expect([0.9, 2.9, 3.1, 6.1, 8.3].map((x) => nearestPoint(points, x, 2)?.x)).toEqual([1, 2, 4, 8, 8]);
  expect(nearestPoint(points, 11, 2)).toBeNull();
  expect(nearestPoint([], 1, 2)).toBeNull();
});
