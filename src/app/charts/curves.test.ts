/** What is drawn and read of a curve: gaps stay gaps, and a value is told only where it was measured. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ChartLine, nearestPlace, pointsAt } from './chart-line';
import { type Curve, isDrawn, nearestPoint } from './curve';
import { pathOf } from './plot';
import { gap, thin } from './thin';

const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
const curveOf = (y: readonly number[]): Curve => ({ x: y.map((_, i) => i + 1), y });
const anyValues = fc.array(
  fc.oneof({ weight: 5, arbitrary: fc.float() }, { weight: 1, arbitrary: fc.constant(nan) }),
  { maxLength: 400 },
);
const all = { min: 0, max: 1e9 };
const line = (y: readonly number[], look: ChartLine['look'] = 'line'): ChartLine => ({
  key: 'k',
  name: 'a run',
  curve: curveOf(y),
  style: { colour: 'red', dash: '' },
  look,
});

describe('thinning', () => {
  const wave = curveOf(Array.from({ length: 5000 }, (_, i) => (i === 1234 ? 50 : Math.sin(i / 100))));

  it('comes to the limit, keeps the ends, the order and a spike', () => {
    const indices = thin(wave, all, 500, false);
    expect(indices.length).toBe(500);
    expect([indices[0], indices.at(-1)]).toEqual([0, 4999]);
    expect(indices.every((index, i) => i === 0 || index > indices[i - 1]!)).toBe(true);
    expect(indices).toContain(1234);
  });

  it('draws every point of a part that is looked at, and the next on both sides', () => {
    expect(thin(wave, { min: 100, max: 103 }, 500, false)).toEqual([98, 99, 100, 101, 102, 103]);
  });

  it.each([false, true])('keeps all gaps and the ends of every stretch, logarithmic: %s', (logScale) => {
    fc.assert(
      fc.property(anyValues, fc.integer({ min: 3, max: 50 }), (y, limit) => {
        const indices = thin(curveOf(y), all, limit, logScale);
        const stretches = y
          .map((value) => (isDrawn(value, logScale) ? '#' : ' '))
          .join('')
          .split(/ +/)
          .filter((stretch) => stretch !== '');
        const kept = indices.filter((index) => index !== gap);
        expect(kept.every((index) => isDrawn(y[index]!, logScale))).toBe(true);
        expect(kept).toEqual([...new Set(kept)].sort((a, b) => a - b));
        expect(indices.filter((index) => index === gap).length).toBe(Math.max(0, stretches.length - 1));
        expect(kept.length).toBeLessThanOrEqual(limit + 3 * stretches.length);
        for (const [i, index] of indices.entries()) {
          const next = indices[i + 1];
          // Between two that are joined nothing is missing.
          if (index === gap || next === undefined || next === gap) continue;
          expect(y.slice(index, next).every((value) => isDrawn(value, logScale))).toBe(true);
        }
      }),
    );
  });

  it('breaks the path where nothing was measured, and draws a point that stands alone', () => {
    const curve = curveOf([1, 2, nan, 4, infinity, 6, 7]);
    const path = pathOf(curve, thin(curve, all, 500, false), (x, y) => [x, y]);
    expect(path).toBe('M1.0 1.0L2.0 2.0M3.0 4.0h2M6.0 6.0L7.0 7.0');
  });
});

describe('reading', () => {
  it('finds the measured point nearest to any place', () => {
    fc.assert(
      fc.property(anyValues, fc.double({ min: -10, max: 500, noNaN: true }), (y, x) => {
        const curve = curveOf(y);
        const found = nearestPoint(curve, x);
        const measured = y.flatMap((value, i) => (Number.isFinite(value) ? [Math.abs(i + 1 - x)] : []));
        if (measured.length === 0) expect(found).toBeNull();
        else expect(Math.abs(curve.x[found!]! - x)).toBe(Math.min(...measured));
      }),
    );
  });

  it('tells the value of step 25 there, and nothing that was measured before', () => {
    const lines = [line(Array.from({ length: 30 }, (_, i) => i + 1)), line([1, 2, 3])];
    const place = nearestPlace(lines, 24.9, 0, false)!;
    expect(place).toBe(25);
    expect(pointsAt(lines, place, 0, false).map(({ y }) => y)).toEqual([25]);
  });

  it('tells nothing of a run that measured nothing at the place', () => {
    const lines = [line([1, 2, 3, 4]), line([1, 2, nan, 4])];
    expect(pointsAt(lines, 3, 0, false).map(({ y }) => y)).toEqual([3]);
  });

  it('is drawn to the dot of an evaluation from a few steps away', () => {
    const dots = { ...line([0.5], 'points'), curve: { x: [25], y: [0.5] } };
    const lines = [line(Array.from({ length: 100 }, () => 1)), dots];
    expect(nearestPlace(lines, 22, 4, false)).toBe(25);
    expect(nearestPlace(lines, 20, 4, false)).toBe(20);
    expect(pointsAt(lines, 25, 0, false).map(({ y }) => y)).toEqual([1, 0.5]);
  });

  it('reads nothing from faint lines, nor what a logarithmic axis has no place for', () => {
    expect(pointsAt([line([1], 'faint')], 1, 0, false)).toEqual([]);
    expect(pointsAt([line([0, 1])], 1, 0, true)).toEqual([]);
  });
});
