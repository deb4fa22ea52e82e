import { expect, it } from 'vitest';
import { defaultSettings } from '../../runs/settings';
import { schedulePreview } from './schedule-preview';

const settings = { ...defaultSettings, learningRate: 1e-3, epochs: 2, batchSize: 10, trainingRows: null };

it('has the rates that training will have, from the first step to the last', () => {
  const { curve, totalSteps, words } = schedulePreview({ ...settings, warmupSteps: 4 }, 95);
  expect(totalSteps).toBe(20);
  expect(curve.x).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
  expect(curve.y.slice(0, 5)).toEqual([0, 0.00025, 0.0005, 0.00075, 0.001]);
  expect(curve.y.at(-1)).toBeCloseTo(0.001 / 16, 12);
  expect(words).toBe('Over 20 steps the rate rises to 0.001 in 4 steps, then falls evenly to 0.');
});

it('keeps the corner of a warm-up in a long run, and counts the rows that are trained on', () => {
  const long = { ...settings, batchSize: 1, warmupSteps: 333, scheduler: 'constant' as const };
  const { curve, totalSteps } = schedulePreview(long, 8530);
  expect(totalSteps).toBe(17060);
  expect(curve.x.length).toBeLessThanOrEqual(163);
  expect(curve.y[curve.x.indexOf(334)]).toBe(1e-3);
  expect(schedulePreview({ ...settings, trainingRows: 30 }, 8530).totalSteps).toBe(6);
});

it('says that a warm-up is longer than the run', () => {
  expect(schedulePreview({ ...settings, warmupSteps: 500 }, 95).words).toContain('longer than the run');
});
