/**
 * Learning-rate schedules of `transformers.get_scheduler`: the factor of step t (from 0) of n. Below `warmupSteps` it is
 * t / warmupSteps, so the first step of a warm-up has rate 0.
 */
import type { RunSettings } from '../runs/settings';

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
