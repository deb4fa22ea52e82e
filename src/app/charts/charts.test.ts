import { expect, it } from 'vitest';
import { decimate } from './decimate';
import { smooth } from './smooth';

const wave = Array.from({ length: 5000 }, (_, x) => ({ x, y: x === 1234 ? 50 : Math.sin(x / 100) }));

it('thins to the limit, keeps the ends, the order and a spike', () => {
  const thin = decimate(wave, 500);
  expect(thin.length).toBe(500);
  expect(thin[0]).toEqual(wave[0]);
  expect(thin.at(-1)).toEqual(wave.at(-1));
  expect(thin.every((point, i) => i === 0 || point.x > thin[i - 1]!.x)).toBe(true);
  expect(thin.some((point) => point.y === 50)).toBe(true);
});

it('leaves short lines alone', () => {
  expect(decimate(wave.slice(0, 400), 500)).toEqual(wave.slice(0, 400));
});

it('smooths without a bias at the start', () => {
  expect(smooth([2, 2, 2], 0.9).map((v) => Number(v.toFixed(9)))).toEqual([2, 2, 2]);
  expect(smooth([1, 3], 0)).toEqual([1, 3]);
  // (0.5·1·0.5 + 0.5·3) / (1 − 0.25)
  expect(smooth([1, 3], 0.5)[1]).toBeCloseTo(1.75 / 0.75, 12);
});
