/** What the result card says, and when it looks good. */
import { describe, expect, it } from 'vitest';
import { listedRun } from '../../../test/listed-run';
import type { RunResults } from '../../runs/record';
import type { RunSummary } from './state';
import { verdictOf } from './verdict';

const results: RunResults = {
  globalStep: 100,
  trainLoss: 0.5,
  trainRuntimeSeconds: 10,
  trainSamplesPerSecond: 100,
  trainStepsPerSecond: 10,
  totalFlos: 1e9,
  evalLoss: 0.4,
  evalMetrics: { accuracy: 0.9, macroF1: 0.9 },
  evalRows: 2,
  evalBaseline: 0.5,
};

const finished = (changes: Partial<RunResults> = {}, run: Partial<RunSummary> = {}) =>
  listedRun({ status: 'finished', step: 100, results: { ...results, ...changes }, ...run });

const falling = Array.from({ length: 100 }, (_, i) => 0.7 - i / 300);

describe('a run that has finished', () => {
  it('looks good where it learned, beside what the majority class would get', () => {
    expect(verdictOf(finished(), falling)).toEqual({
      tone: 'good',
      title: 'amber-heron-1: 90.0 % right on 2 validation rows',
      baseline: 'The majority class alone would get 50.0 % right.',
      trouble: null,
      nextStep: 'Try it on a sentence of your own.',
    });
  });

  it('does not where it is no better than the majority class', () => {
    const verdict = verdictOf(finished({ evalMetrics: { accuracy: 0.5 } }), falling);
    expect(verdict).toMatchObject({
      tone: 'warn',
      trouble: expect.stringContaining('no better'),
      nextStep: expect.stringContaining('ten times higher'),
    });
    const { settings } = listedRun();
    const fast = finished(
      { evalMetrics: { accuracy: 0.5 } },
      { settings: { ...settings, learningRate: 0.1 } },
    );
    expect(verdictOf(fast, falling).nextStep).toContain('ten times smaller');
  });

  it('does not where the loss rose, as with a learning rate of 10, or did not fall', () => {
    expect(verdictOf(finished(), [0.7, ...falling.map((loss) => 500 * loss)])).toMatchObject({
      tone: 'warn',
      trouble: expect.stringMatching(/^The training loss rose from 0\.7000 to 350\.0000 on the way/),
      nextStep: expect.stringContaining('ten times smaller'),
    });
    expect(verdictOf(finished(), Array(100).fill(0.69))).toMatchObject({
      tone: 'warn',
      trouble: 'The training loss ended no lower than it began, at 0.6900.',
    });
    expect(verdictOf(finished({}, { skippedSteps: 3 }), falling)).toMatchObject({
      tone: 'warn',
      trouble: expect.stringContaining('3 steps'),
    });
  });

  it('is judged by what its task is about', () => {
    const { dataset } = listedRun();
    const stars = { dataset: { ...dataset, task: 'regression', labels: ['stars'] } } as const;
    const off = (mae: number) =>
      verdictOf(finished({ evalMetrics: { mae, mse: 1 }, evalBaseline: 1.2 }, stars), falling);
    expect(off(0.4)).toMatchObject({
      tone: 'good',
      title: 'amber-heron-1: mean absolute error 0.4 on 2 validation rows',
      baseline: 'The median, given to every row, would get mean absolute error 1.2.',
    });
    expect(off(1.3).tone).toBe('warn');
  });

  it('says on how many rows its result stands, and nothing that an older studio did not keep', () => {
    const { dataset } = listedRun();
    const large = { dataset: { ...dataset, validationRows: 1066 } };
    expect(verdictOf(finished({ evalRows: 200 }, large), falling).title).toBe(
      'amber-heron-1: 90.0 % right on 200 of 1,066 validation rows',
    );
    const { evalRows: _r, evalBaseline: _b, ...older } = results;
    expect(verdictOf(listedRun({ ...large, status: 'finished', results: older }), falling)).toMatchObject({
      tone: 'good',
      title: 'amber-heron-1: 90.0 % right on 1,066 validation rows',
      baseline: null,
    });
  });
});

it('a run that was stopped or failed has no good card', () => {
  const stopped = listedRun({
    status: 'stopped',
    step: 40,
    lastEvaluation: { step: 30, epoch: 1, loss: 0.5, accuracy: 0.8 },
  });
  expect(verdictOf(stopped, falling)).toMatchObject({
    tone: 'plain',
    title: 'amber-heron-1: stopped; accuracy 80.0 % after step 30',
    nextStep: expect.stringContaining('is kept'),
  });
  const error = { code: 'diverged', message: 'm', hint: 'h' };
  expect(verdictOf(listedRun({ status: 'failed', error }), falling)).toMatchObject({
    tone: 'warn',
    title: 'amber-heron-1: failed',
    nextStep: null,
  });
});
