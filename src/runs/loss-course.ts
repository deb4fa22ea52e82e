/** What became of a run's training loss, for whoever must not be told that all is well. Pure. */
import type { TaskType } from '../task';
import type { RunRecord } from './record';

export interface LossCourse {
  /** Of the first step: of the model before it was trained. NaN where no step's is finite, as the next two. */
  readonly first: number;
  /** Mean of the last tenth of the steps, 20 at most. */
  readonly last: number;
  readonly highest: number;
  /** Steps whose loss was not a finite number. */
  readonly notFinite: number;
  /** It ends clearly above its beginning, or went far above it and came back no better. */
  readonly rose: boolean;
  /** Its last quarter lies below its beginning; null where there are too few steps to tell. */
  readonly fell: boolean | null;
}

/** Fewer steps say nothing of a course: batches differ. */
const fewestSteps = 5;

/** It takes more of them to tell that a loss did not fall than that it rose far. */
const fewestToFall = 20;

/**
 * @param guessing the loss of a model that knows nothing, which the first one is; null where only the first batch tells.
 */
export function lossCourse(losses: readonly number[], guessing: number | null): LossCourse {
  const finite = losses.filter(Number.isFinite);
  const window = Math.min(20, Math.max(1, Math.floor(finite.length / 10)));
  const first = finite[0] ?? Number.NaN;
  const last = mean(finite.slice(-window));
  const highest = finite.length > 0 ? finite.reduce((a, b) => Math.max(a, b)) : Number.NaN;
  // One batch scatters, and the first few steps may be far up already; what a guess costs does neither.
  const scatter = guessing === null ? 10 : 1.5;
  const start = Math.max(first, guessing ?? first);
  const endsAbove =
    last > scatter * start || last > (finite.length < 50 ? 2 : 1.1) * mean(finite.slice(0, window));
  const cameBack = highest > 2 * scatter * start && last > 0.95 * start;
  const quarter = Math.max(1, Math.floor(finite.length / 4));
  const early = mean(finite.slice(0, quarter));
  const late = mean(finite.slice(-quarter));
  // With a learning rate that is too high even the early steps are far up.
  const beginning = guessing === null ? early : Math.min(start, early);
  return {
    first,
    last,
    highest,
    notFinite: losses.length - finite.length,
    rose: finite.length >= fewestSteps && ((last > first && endsAbove) || cameBack),
    fell: finite.length >= fewestToFall ? late < beginning : null,
  };
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** What a guess costs in a run, as its training loss counts it; null where that depends on the numbers to be told. */
export function lossOfGuessing({
  dataset,
  settings,
}: Pick<RunRecord, 'dataset' | 'settings'>): number | null {
  const { gradientAccumulationSteps, accumulationMode } = settings;
  const ofTask: Readonly<Record<TaskType, number | null>> = {
    classification: Math.log(Math.max(2, dataset.labels.length)),
    multilabel: Math.log(2),
    regression: null,
  };
  const loss = ofTask[dataset.task];
  return loss === null ? null : loss * (accumulationMode === 'sum' ? gradientAccumulationSteps : 1);
}
