import { expect, it } from 'vitest';
import type { RunSummary } from '../store/state';
import { chartNumbers } from './chart-numbers';
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

it('writes the numbers as a table in which nothing is a formula', () => {
  const run = (name: string, data: string) => ({ name, dataset: { name: data } }) as RunSummary;
  const evaluation = { split: 'validation', step: 2, epoch: 1, loss: 0.25, rows: 8 } as const;
  const text = chartNumbers([
    {
      run: run('amber-heron-3', '=HYPERLINK("http://x").csv'),
      series: { steps: [1, 2], losses: [0.5, 1 / 3], evaluations: [{ ...evaluation, pearson: -0.5 }] },
    },
    {
      run: run('calm-otter-4', 'b.csv'),
      series: { steps: [1], losses: [Number.NaN], evaluations: [{ ...evaluation, accuracy: 0.75 }] },
    },
  ]);
  expect(text.split('\r\n')).toEqual([
    '\ufeffRun,Data,Step,Training loss,Validation loss,Validation accuracy,Validation Pearson r',
    `amber-heron-3,"'=HYPERLINK(""http://x"").csv",1,0.5,,,`,
    `amber-heron-3,"'=HYPERLINK(""http://x"").csv",2,0.3333333333333333,0.25,,'-0.5`,
    'calm-otter-4,b.csv,1,NaN,,,',
    'calm-otter-4,b.csv,2,,0.25,0.75,',
    '',
  ]);
});
