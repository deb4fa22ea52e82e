/** Which part of a run a moment is of, with a clock that the test turns. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { totalSeconds } from '../../runs/times';
import { RunClock } from './run-clock';

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

const pass = (seconds: number) => vi.advanceTimersByTime(1000 * seconds);

it('counts each moment to one part, and none while the run is paused', async () => {
  const clock = new RunClock();
  clock.turnTo('preparation');
  pass(8);
  await clock.during('checkpoints', async () => pass(1));
  clock.turnTo('training');
  pass(20);
  await clock.during('checkpoints', async () => pass(2));
  pass(10);
  clock.turnTo('evaluation');
  clock.turnTo('evaluation');
  pass(15);
  clock.turnTo(null);
  pass(1000);
  clock.turnTo('saving');
  pass(0.5);
  expect(clock.times).toEqual({ preparation: 8, training: 30, evaluation: 15, checkpoints: 3, saving: 0.5 });
  expect(totalSeconds(clock.times)).toBe(56.5);
});

it('adds up over the parts of a run that was resumed, whose preparation comes before what it goes on from is known', () => {
  const clock = new RunClock();
  clock.turnTo('preparation');
  pass(4);
  clock.goOnFrom({ preparation: 8, training: 100, evaluation: 30, checkpoints: 2, saving: 0 });
  clock.turnTo('training');
  pass(10);
  expect(clock.times).toEqual({ preparation: 12, training: 110, evaluation: 30, checkpoints: 2, saving: 0 });
});

it('tells speeds of training alone, and what an evaluated row and a checkpoint cost', async () => {
  const clock = new RunClock({ evaluation: 500, checkpoints: 500 });
  expect(clock.costs()).toEqual({ evaluatedRow: null, checkpoint: null });
  clock.turnTo('training');
  for (let i = 0; i < 4; i++) {
    pass(2);
    clock.count(1, 8, 200);
    clock.turnTo('evaluation');
    pass(3);
    clock.countEvaluated(30);
    clock.turnTo('training');
  }
  await clock.during('checkpoints', async () => pass(1));
  clock.countCheckpoint();
  expect(clock.speed()).toEqual({ steps: 0.5, rows: 4, tokens: 100 });
  expect(clock.costs()).toEqual({ evaluatedRow: 0.1, checkpoint: 1 });
});
