/** What is promised of the rest of a run. */
import { expect, it } from 'vitest';
import { totalSeconds } from '../../runs/times';
import { remainingTimes } from './remaining';

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
