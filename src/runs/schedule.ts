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
