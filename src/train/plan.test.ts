import { describe, expect, it } from 'vitest';
import { torchRandperm } from '../data/random';
import { scheduleFactor } from '../runs/schedule';
import { constantBaseline, scoresOf, taskMetrics } from './metrics';
import { type EncodedSplit, microBatchesOf, planRun } from './plan';

const split = (...lengths: number[]): EncodedSplit => ({
  ids: lengths.map((length) => new Uint32Array(length).fill(5)),
  labels: Uint32Array.from(lengths, (_, i) => i % 2),
});
const settings = {
  seed: 42,
  epochs: 2,
  batchSize: 3,
  trainingRows: null,
  gradientAccumulationSteps: 1,
  padding: 'ragged' as const,
  maxLength: 12,
  evaluationBatchSize: 2,
  validationRows: null as number | null,
  evaluateAllAtEnd: true,
};

describe('a plan', () => {
  const train = split(4, 5, 6, 7, 8, 9, 10);
  it('goes through every row each epoch, in torch’s order, the last batch smaller', () => {
    const plan = planRun(settings, train, split(3, 3));
    expect(plan.order.map((batch) => batch.length)).toEqual([3, 3, 1, 3, 3, 1]);
    expect(plan.order.slice(0, 3).flat()).toEqual([...torchRandperm(7, 42)]);
    expect(plan.order.slice(3).flat()).toEqual([...torchRandperm(7, 43)]);
    expect(plan).toMatchObject({ totalSteps: 6, stepsPerEpoch: 3, rows: 7 });
  });

  it('bounds the largest batch and counts padded entries as the reference pads', () => {
    const plan = planRun(settings, train, split(50, 20));
    expect(plan.largest).toEqual({ tokens: 70, sequences: 3 });
    const longest = plan.order.reduce(
      (sum, batch) => sum + batch.length * Math.max(...batch.map((i) => train.ids[i]!.length)),
      0,
    );
    expect(plan.inputEntries).toBe(longest);
    expect(planRun({ ...settings, padding: 'max_length' }, train, split(3)).inputEntries).toBe(2 * 7 * 12);
  });

  it('keeps so many rows as the limit says, the same ones in every epoch', () => {
    const plan = planRun({ ...settings, trainingRows: 4 }, train, split(3));
    expect(new Set(plan.order.flat()).size).toBe(4);
    expect(plan.rows).toBe(4);
  });

  it('joins micro-batches to steps, across epochs as the reference loop does', () => {
    const plan = planRun({ ...settings, gradientAccumulationSteps: 4 }, train, split(3));
    expect(plan.totalSteps).toBe(2);
    expect(microBatchesOf(plan, train, 1, 4).map((batch) => batch.sequences)).toEqual([3, 1]);
  });

  it('cuts a fraction of an epoch after whole batches', () => {
    expect(planRun({ ...settings, epochs: 0.5 }, train, split(3)).order.length).toBe(2);
  });
});

describe('the rows that are evaluated', () => {
  const train = split(4, 5, 6);
  const validation = split(...Array.from({ length: 20 }, (_, i) => 3 + i));
  const planned = (changes: Partial<typeof settings>) =>
    planRun({ ...settings, ...changes }, train, validation);

  it('are all of them unless there is a limit', () => {
    const all = [...Array(20).keys()];
    expect(planned({})).toMatchObject({ evaluated: all, evaluatedAtEnd: [] });
    expect(planned({ validationRows: 20 })).toMatchObject({ evaluated: all, evaluatedAtEnd: [] });
  });

  it('are the same ones for every seed, in their order, and more of them with a higher limit', () => {
    const { evaluated, evaluatedAtEnd } = planned({ validationRows: 6 });
    // torch.randperm(20, generator=torch.Generator().manual_seed(0))[:6].sort()
    expect(evaluated).toEqual([...torchRandperm(20, 0).subarray(0, 6)].sort((a, b) => a - b));
    expect([...evaluated, ...evaluatedAtEnd].sort((a, b) => a - b)).toEqual([...Array(20).keys()]);
    expect(planned({ validationRows: 6, seed: 7 }).evaluated).toEqual(evaluated);
    expect(planned({ validationRows: 9 }).evaluated).toEqual(expect.arrayContaining([...evaluated]));
  });

  it('are the only ones where not all are evaluated at the end', () => {
    const { evaluated, evaluatedAtEnd, largest } = planned({ validationRows: 2, evaluateAllAtEnd: false });
    expect(evaluatedAtEnd).toEqual([]);
    const tokens = evaluated.reduce((sum, row) => sum + validation.ids[row]!.length, 0);
    expect(largest.tokens).toBe(Math.max(tokens, 15));
    expect(planned({ validationRows: 2 }).largest.tokens).toBe(22 + 21);
  });
});

describe('schedules', () => {
  it('start a warm-up at 0 and end at 0', () => {
    const linear = Array.from({ length: 10 }, (_, t) => scheduleFactor('linear', t, 10, 4));
    expect(linear.slice(0, 5)).toEqual([0, 0.25, 0.5, 0.75, 1]);
    expect(linear[9]).toBeCloseTo(1 / 6, 12);
    expect(scheduleFactor('linear', 10, 10, 0)).toBe(0);
    expect(scheduleFactor('cosine', 5, 10, 0)).toBeCloseTo(0.5, 12);
    expect(scheduleFactor('constant', 9, 10, 0)).toBe(1);
  });
});

describe('metrics', () => {
  it('count hits and macro F1 by hand', () => {
    // gold 0 0 1 1 2, predicted 0 1 1 1 0: F1 = 2·1/(2+2), 2·2/(2+3), 0
    const logits = [0, 1, 1, 1, 0].flatMap((c) => [0, 1, 2].map((k) => (k === c ? 1 : 0)));
    const { accuracy, macroF1 } = taskMetrics('classification', logits, [0, 0, 1, 1, 2], 3);
    expect(accuracy).toBeCloseTo(3 / 5, 12);
    expect(macroF1).toBeCloseTo((0.5 + 0.8 + 0) / 3, 12);
  });
  it('of several labels are as scikit-learn has them', () => {
    // f1_score(average='micro' | 'macro') and accuracy_score of gold [[1,1,0],[0,1,0],[0,0,0]] and given [[1,0,0],[0,1,1],[0,0,0]]
    const given = [1, -1, -1, -2, 0, 3, -1, -1, -1];
    const values = taskMetrics('multilabel', given, [1, 1, 0, 0, 1, 0, 0, 0, 0], 3);
    expect(values.microF1).toBeCloseTo(2 / 3, 12);
    expect(values.macroF1).toBeCloseTo((1 + 2 / 3 + 0) / 3, 12);
    expect(values.exactMatch).toBeCloseTo(1 / 3, 12);
  });
  it('of numbers are their errors and the correlation', () => {
    // numpy.corrcoef([1, 2, 4], [2, 2, 5])[0, 1]
    const values = taskMetrics('regression', [1, 2, 4], [2, 2, 5], 1);
    expect(values.mse).toBeCloseTo(2 / 3, 12);
    expect(values.mae).toBeCloseTo(2 / 3, 12);
    expect(values.pearson).toBeCloseTo(0.944911182523068, 12);
    expect(taskMetrics('regression', [1, 1], [1, 2], 1)).toEqual({ mse: 0.5, mae: 0.5 });
  });
  it('know what a constant answer gets', () => {
    expect(constantBaseline('classification', [0, 1, 1, 2], 3)).toBe(0.5);
    // The first label to all four rows, 2 · 3 / (4 + 4); both labels would get 2 · 4 / (8 + 4).
    expect(constantBaseline('multilabel', [1, 0, 1, 0, 1, 1, 0, 0], 2)).toBeCloseTo(0.75, 12);
    expect(constantBaseline('multilabel', [0, 0, 0, 0], 2)).toBe(0);
    // numpy: abs(gold - median(gold)).mean()
    expect(constantBaseline('regression', [1, 2, 10], 1)).toBeCloseTo(3, 12);
  });
  it('turn logits into shares', () => {
    expect(scoresOf('classification', [0, 0])).toEqual([0.5, 0.5]);
    expect(scoresOf('classification', [1000, 0])[0]).toBe(1);
    expect(scoresOf('multilabel', [0, 1000, -1000])).toEqual([0.5, 1, 0]);
    expect(scoresOf('regression', [-3.5])).toEqual([-3.5]);
  });
});
