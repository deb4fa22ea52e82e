import { expect, it } from 'vitest';
import { lossCourse, lossOfGuessing } from './loss-course';
import type { RunRecord } from './record';

const series = (steps: number, at: (t: number) => number) =>
  Array.from({ length: steps }, (_, i) => at(i / steps));
const noise = (t: number) => 0.05 * Math.sin(997 * t);
const guess = Math.LN2;

it('says that a loss rose, at its end or on the way', () => {
  expect(
    lossCourse(
      series(200, (t) => 0.69 + 350 * t),
      guess,
    ).rose,
  ).toBe(true);
  // A learning rate of 10 is felt at once: the second step is far up already, and the schedule brings it back.
  expect(lossCourse([0.68, ...series(200, (t) => 350 * (1 - t) ** 4 + 0.71)], guess).rose).toBe(true);
  expect(lossCourse([0.68, ...series(200, (t) => 350 * (1 - t) ** 4 + 0.71)], null).rose).toBe(true);
  expect(lossCourse([0.7, 4, 9, 40, 350, 340], guess)).toEqual({
    first: 0.7,
    last: 340,
    highest: 350,
    notFinite: 0,
    rose: true,
    fell: null,
  });
});

it('says it of one that went far up and is back where it began, however that compares with the first batch', () => {
  const back = series(200, (t) => 350 * (1 - t) ** 8 + 0.69);
  expect(lossCourse([0.7, ...back], guess)).toMatchObject({ rose: true });
  expect(lossCourse([0.7, ...back], null)).toMatchObject({ rose: true });
});

it('says whether it fell, of enough steps', () => {
  const fell = (losses: readonly number[]) => lossCourse(losses, guess).fell;
  expect(fell(series(200, (t) => 0.7 - 0.1 * t + noise(t)))).toBe(true);
  expect(fell(series(200, () => 0.69))).toBe(false);
  expect(fell(series(200, (t) => 0.2 + 0.01 * t))).toBe(false);
  // Of a few steps the last may be of a hard batch.
  expect(fell([0.7, 0.6, 0.5, 0.5, 0.4, 0.4, 0.72])).toBeNull();
  // So may the first be of an easy one, where nothing else is known of the beginning.
  expect(lossCourse([0.5, ...series(99, (t) => 1.2 - 0.4 * t + noise(t))], null).fell).toBe(true);
});

it('does not say it of one that fell, that stays, that begins high, or whose batches scatter', () => {
  expect(
    lossCourse(
      series(200, (t) => 0.7 - 0.4 * t + noise(t)),
      guess,
    ).rose,
  ).toBe(false);
  expect(
    lossCourse(
      series(200, (t) => 0.69 + noise(t)),
      guess,
    ).rose,
  ).toBe(false);
  expect(
    lossCourse(
      series(200, (t) => 9 * Math.exp(-20 * t) + 0.5),
      guess,
    ).rose,
  ).toBe(false);
  expect(lossCourse([0.69, 0.75, 0.66, 0.71, 0.78, 0.7, 0.79], guess).rose).toBe(false);
  expect(lossCourse([0.2, ...series(200, (t) => 0.69 + 0.5 * Math.sin(997 * t))], guess).rose).toBe(false);
});

it('says nothing of a few steps, and counts those that were not finite', () => {
  expect(lossCourse([0.5, 3], guess).rose).toBe(false);
  expect(lossCourse([], guess).rose).toBe(false);
  expect(lossCourse([0.7, Number.NaN, Number.POSITIVE_INFINITY, 0.6], guess).notFinite).toBe(2);
});

it('knows what a guess costs', () => {
  const run = (task: string, accumulationMode: string) =>
    ({
      dataset: { task, labels: ['a', 'b', 'c'] },
      settings: { accumulationMode, gradientAccumulationSteps: 4 },
    }) as unknown as RunRecord;
  expect(lossOfGuessing(run('classification', 'mean'))).toBeCloseTo(Math.log(3), 12);
  expect(lossOfGuessing(run('multilabel', 'sum'))).toBeCloseTo(4 * Math.LN2, 12);
  expect(lossOfGuessing(run('regression', 'mean'))).toBeNull();
});
