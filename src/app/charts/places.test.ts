import { expect, it } from 'vitest';
import type { RunSeries } from '../store/series';
import type { RunSummary } from '../store/state';
import { isTimed, placeOf } from './places';
import { linesOf } from './run-lines';

/** 10 rows in batches of 4, two of them a step: 3 batches an epoch, 6 batches in 3 steps. */
const run = {
  name: 'amber-heron-1',
  settings: { epochs: 2, batchSize: 4, gradientAccumulationSteps: 2 },
  dataset: { task: 'classification', trainRows: 10 },
  step: 3,
  elapsedSeconds: 30,
} as unknown as RunSummary;

const series = (steps: number[], clock: Partial<RunSeries['clock']> = {}): RunSeries => ({
  steps,
  losses: steps.map((step) => step / 10),
  gradientNorms: [],
  learningRates: [],
  evaluations: [],
  clock: { steps: [], seconds: [], samplesPerSecond: [], ...clock },
});

const placesOf = (axis: 'epoch' | 'samples' | 'time', of: RunSeries) =>
  [1, 2, 3].map((step) => placeOf(axis, run, of)(step));

it('places steps by epoch and by sample, whose last batch of an epoch is smaller', () => {
  expect(placesOf('epoch', series([1, 2, 3]))).toEqual([2 / 3, 4 / 3, 2]);
  expect(placesOf('samples', series([1, 2, 3]))).toEqual([8, 14, 20]);
});

it('places steps in time as the page saw them, and evenly where it did not', () => {
  expect(placesOf('time', series([1, 2, 3]))).toEqual([10, 20, 30]);
  const seen = series([1, 2, 3], { steps: [1, 2, 3], seconds: [2, 4, 30] });
  expect(placesOf('time', seen)).toEqual([2, 4, 30]);
  expect(isTimed(run, seen)).toBe(true);
  expect(isTimed(run, series([1, 2, 3]))).toBe(false);
  // It came to a run that was under way.
  const late = series([1, 2, 3], { steps: [3], seconds: [30] });
  expect(placesOf('time', late)).toEqual([10, 20, 30]);
  expect(isTimed(run, late)).toBe(false);
});

it('has a gap where steps are missing', () => {
  const options = { axis: 'step', smoothing: 0, measures: ['loss'] } as const;
  const steps = [...Array(50).keys(), ...Array.from({ length: 50 }, (_, i) => 80 + i)].map((i) => i + 1);
  const { x, y } = linesOf(run, series(steps), options).curves.loss!.raw;
  expect(x.length).toBe(101);
  expect(y.flatMap((value, i) => (Number.isNaN(value) ? [x[i - 1], x[i + 1]] : []))).toEqual([50, 81]);
  expect(linesOf(run, series([1, 2, 3]), options).curves.loss!.raw.y).toEqual([0.1, 0.2, 0.3]);
});
