/** When a run evaluates. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type EvaluationSteps, evaluationIsDue, evaluationsAfter } from './schedule';

it('counts the evaluations to come as the loop makes them', () => {
  const steps: fc.Arbitrary<EvaluationSteps> = fc.record({
    stepsPerEpoch: fc.integer({ min: 1, max: 40 }),
    evaluateEverySteps: fc.integer({ min: 0, max: 40 }),
    totalSteps: fc.integer({ min: 1, max: 200 }),
  });
  fc.assert(
    fc.property(steps, fc.nat(220), (when, after) => {
      const due = Array.from({ length: when.totalSteps }, (_, i) => i + 1).filter((step) =>
        evaluationIsDue(step, when),
      );
      expect(evaluationsAfter(after, when)).toBe(due.filter((step) => step > after).length);
    }),
  );
});
