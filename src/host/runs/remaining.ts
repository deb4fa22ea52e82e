/** How long the rest of a run takes, from what it has to do and what such things took so far. Pure. */
import { type EvaluationSteps, evaluationsAfter } from '../../runs/schedule';
import type { RunTimes } from '../../runs/times';
import type { RunPlan } from '../../train/plan';

/** An evaluated row to a trained one: its forward pass without the backward one. */
export const evaluationCost = 1 / 3;

/** What is to come. */
export interface WorkLeft {
  readonly steps: number;
  readonly evaluatedRows: number;
}

/** Where a run is. */
interface Standing {
  readonly step: number;
  /** −1 before the first. */
  readonly lastEvaluatedStep: number;
  /** Rows that the evaluation under way has read; of the last one also after its point, when it goes on with all others. */
  readonly evaluatedRows: number;
}

export function workLeft(
  { evaluated, evaluatedAtEnd }: Pick<RunPlan, 'evaluated' | 'evaluatedAtEnd'>,
  when: EvaluationSteps,
  { step, lastEvaluatedStep, evaluatedRows }: Standing,
): WorkLeft {
  const evaluations = evaluationsAfter(Math.max(0, lastEvaluatedStep), when);
  const done = evaluations === 0 ? evaluatedRows - evaluated.length : evaluatedRows;
  return {
    steps: when.totalSteps - step,
    evaluatedRows: evaluations * evaluated.length + evaluatedAtEnd.length - done,
  };
}

export interface Pace {
  /** Per second of training; zeros until they are known. */
  readonly speed: { readonly steps: number; readonly rows: number };
  /** Seconds of an evaluated row and of a checkpoint; null before the first. */
  readonly costs: { readonly evaluatedRow: number | null; readonly checkpoint: number | null };
  readonly secondsBetweenCheckpoints: number;
}

/** Null until there is a speed to tell from. Saving is taken to last as long as a checkpoint, which holds three times as much. */
export function remainingTimes(
  left: WorkLeft,
  { speed, costs, secondsBetweenCheckpoints }: Pace,
): RunTimes | null {
  if (speed.steps <= 0 || speed.rows <= 0) return null;
  const training = left.steps / speed.steps;
  const evaluation = left.evaluatedRows * (costs.evaluatedRow ?? evaluationCost / speed.rows);
  const checkpoint = costs.checkpoint ?? 0;
  return {
    preparation: 0,
    training,
    evaluation,
    checkpoints: checkpoint * Math.floor((training + evaluation) / secondsBetweenCheckpoints),
    saving: checkpoint,
  };
}
