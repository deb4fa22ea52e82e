/** How long a run is and at which learning rate each of its steps is made. Pure. */
import type { RunSettings } from './settings';

type LengthSettings = Pick<RunSettings, 'epochs' | 'batchSize' | 'gradientAccumulationSteps'>;

export interface RunLength {
  readonly batchesPerEpoch: number;
  /** Of the whole run; a fraction of an epoch is cut after whole batches, as the reference loop does. */
  readonly batches: number;
  /** Of the optimizer: one for every `gradientAccumulationSteps` batches. */
  readonly totalSteps: number;
}

export function runLength(settings: LengthSettings, rows: number): RunLength {
  const { epochs, batchSize, gradientAccumulationSteps } = settings;
  const batchesPerEpoch = Math.ceil(rows / batchSize);
  const batches = Math.max(1, Math.ceil(epochs * batchesPerEpoch));
  return { batchesPerEpoch, batches, totalSteps: Math.ceil(batches / gradientAccumulationSteps) };
}

/** When a run evaluates: after each epoch, every so many steps besides (0 for none), and at its end. */
export interface EvaluationSteps {
  readonly stepsPerEpoch: number;
  readonly evaluateEverySteps: number;
  readonly totalSteps: number;
}

export function evaluationIsDue(
  step: number,
  { stepsPerEpoch, evaluateEverySteps: every, totalSteps }: EvaluationSteps,
): boolean {
  return step === totalSteps || step % stepsPerEpoch === 0 || (every > 0 && step % every === 0);
}

/** How many evaluations come after a step. */
export function evaluationsAfter(
  step: number,
  { stepsPerEpoch, evaluateEverySteps: every, totalSteps }: EvaluationSteps,
): number {
  if (step >= totalSteps) return 0;
  const multiplesOf = (n: number) => Math.floor((totalSteps - 1) / n) - Math.floor(step / n);
  const both = every > 0 ? multiplesOf(every) - multiplesOf(leastCommonMultiple(stepsPerEpoch, every)) : 0;
  return multiplesOf(stepsPerEpoch) + both + 1;
}

function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

/**
 * Learning-rate schedules of `transformers.get_scheduler`: the factor of step t (from 0) of n. Below `warmupSteps` it is
 * t / warmupSteps, so the first step of a warm-up has rate 0.
 */
export function scheduleFactor(
  scheduler: RunSettings['scheduler'],
  t: number,
  totalSteps: number,
  warmupSteps: number,
): number {
  if (t < warmupSteps) return t / Math.max(1, warmupSteps);
  const progress = (t - warmupSteps) / Math.max(1, totalSteps - warmupSteps);
  switch (scheduler) {
    case 'linear':
      return Math.max(0, 1 - progress);
    case 'cosine':
      return Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
    case 'constant':
      return 1;
    default:
      return scheduler satisfies never;
  }
}
