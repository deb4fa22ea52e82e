/** What is promised of the rest of a run. */
import { expect, it } from 'vitest';
import { totalSeconds } from '../../runs/times';
import { remainingTimes, workLeft } from './remaining';

const pace = {
  speed: { steps: 2, rows: 64 },
  costs: { evaluatedRow: 0.01, checkpoint: 0.5 },
  secondsBetweenCheckpoints: 30,
};

it('counts evaluations, checkpoints and saving beside the steps', () => {
  const rest = remainingTimes({ steps: 100, evaluatedRows: 3000 }, pace)!;
  expect(rest).toEqual({ preparation: 0, training: 50, evaluation: 30, checkpoints: 1, saving: 0.5 });
  expect(totalSeconds(rest)).toBe(81.5);
});

it('takes an evaluated row for a third of a trained one until one was evaluated', () => {
  const early = { ...pace, costs: { evaluatedRow: null, checkpoint: null } };
  expect(remainingTimes({ steps: 0, evaluatedRows: 192 }, early)).toMatchObject({ evaluation: 1, saving: 0 });
});

it('promises nothing without a speed', () => {
  expect(
    remainingTimes({ steps: 1, evaluatedRows: 0 }, { ...pace, speed: { steps: 0, rows: 0 } }),
  ).toBeNull();
});

it('has as much work left as the loop does from there on, and none at the end', () => {
  const plan = { evaluated: [1, 3, 4], evaluatedAtEnd: [0, 2] };
  const when = { stepsPerEpoch: 3, evaluateEverySteps: 0, totalSteps: 5 };
  const left = (step: number, lastEvaluatedStep: number, evaluatedRows: number) =>
    workLeft(plan, when, { step, lastEvaluatedStep, evaluatedRows });
  // After step 3 and at the end, there with the others.
  expect(left(0, -1, 0)).toEqual({ steps: 5, evaluatedRows: 3 + 3 + 2 });
  expect(left(3, -1, 2)).toEqual({ steps: 2, evaluatedRows: 1 + 3 + 2 });
  expect(left(4, 3, 0)).toEqual({ steps: 1, evaluatedRows: 3 + 2 });
  expect(left(5, 3, 3)).toEqual({ steps: 0, evaluatedRows: 2 });
  expect(left(5, 5, 3)).toEqual({ steps: 0, evaluatedRows: 2 });
  expect(left(5, 5, 5)).toEqual({ steps: 0, evaluatedRows: 0 });
});
