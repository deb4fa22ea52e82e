import { expect, it } from 'vitest';
import type { EvaluationPoint } from '../../runs/record';
import type { RunSeries } from '../store/series';
import type { RunSummary } from '../store/state';
import { chartNumbers } from './chart-numbers';
import { smooth } from './smooth';

it('smooths without a bias at the start', () => {
  expect(smooth([2, 2, 2], 0.9).map((v) => Number(v.toFixed(9)))).toEqual([2, 2, 2]);
  expect(smooth([1, 3], 0)).toEqual([1, 3]);
  // (0.5·1·0.5 + 0.5·3) / (1 − 0.25)
  expect(smooth([1, 3], 0.5)[1]).toBeCloseTo(1.75 / 0.75, 12);
});

it('writes the numbers as a table in which nothing is a formula', () => {
  const run = (name: string, data: string) => ({ name, dataset: { name: data } }) as RunSummary;
  const evaluation = { split: 'validation', step: 2, epoch: 1, loss: 0.25, rows: 8 } as const;
  const series = (losses: number[], point: EvaluationPoint): RunSeries => ({
    steps: losses.map((_, i) => i + 1),
    losses,
    gradientNorms: [],
    learningRates: losses.map(() => 1e-4),
    evaluations: [point],
    clock: { steps: [], seconds: [], samplesPerSecond: [] },
  });
  const text = chartNumbers([
    {
      run: run('amber-heron-3', '=HYPERLINK("http://x").csv'),
      series: series([0.5, 1 / 3], { ...evaluation, pearson: -0.5 }),
    },
    {
      run: run('calm-otter-4', 'b.csv'),
      series: series([Number.NaN], { ...evaluation, accuracy: 0.75 }),
    },
  ]);
  expect(text.split('\r\n')).toEqual([
    '\ufeffRun,Data,Step,Training loss,Validation loss,Validation accuracy,Validation Pearson r,Learning rate',
    `amber-heron-3,"'=HYPERLINK(""http://x"").csv",1,0.5,,,,0.0001`,
    `amber-heron-3,"'=HYPERLINK(""http://x"").csv",2,0.3333333333333333,0.25,,'-0.5,0.0001`,
    'calm-otter-4,b.csv,1,NaN,,,,0.0001',
    'calm-otter-4,b.csv,2,,0.25,0.75,,',
    '',
  ]);
});
