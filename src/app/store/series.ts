/** Metric series of all runs, append-only and outside React's state: a long run adds points without copying the old ones. */

import type { RunProgress, StepPoint } from '../../protocol/types';
import type { EvaluationPoint, RunRecord } from '../../runs/record';

export interface RunSeries {
  readonly steps: number[];
  /** Of each step, as the two that follow; NaN where the record has none. */
  readonly losses: number[];
  readonly gradientNorms: number[];
  readonly learningRates: number[];
  readonly evaluations: EvaluationPoint[];
  /** What was seen while steps came in and no record keeps. */
  readonly clock: Clock;
}

interface Clock {
  /** Steps that were done when the page heard of them. */
  readonly steps: number[];
  /** Of training until then. */
  readonly seconds: number[];
  /** As the worker measured it over the last seconds; NaN where it could not yet. */
  readonly samplesPerSecond: number[];
}

export class SeriesStore {
  readonly #series = new Map<string, RunSeries>();

  get(runId: string): RunSeries | undefined {
    return this.#series.get(runId);
  }

  /** Takes a stored run's series in place of what is known of it; the clock goes on, up to the run's last step. */
  replace({ id, trainLoss, gradientNorm, learningRate, evaluations }: RunRecord): void {
    const { steps, seconds, samplesPerSecond } = this.#of(id).clock;
    const last = trainLoss.step.at(-1) ?? 0;
    const kept = steps.filter((step) => step <= last).length;
    this.#series.set(id, {
      steps: [...trainLoss.step],
      losses: [...trainLoss.value],
      gradientNorms: valuesAt(trainLoss.step, gradientNorm),
      learningRates: valuesAt(trainLoss.step, learningRate),
      evaluations: [...evaluations],
      clock: {
        steps: steps.slice(0, kept),
        seconds: seconds.slice(0, kept),
        samplesPerSecond: samplesPerSecond.slice(0, kept),
      },
    });
  }

  /** Points at or before the last known step (a run that went back to a checkpoint) are not added twice. */
  append(runId: string, points: readonly StepPoint[], progress: RunProgress): void {
    const series = this.#of(runId);
    for (const { step, loss, gradientNorm, learningRate } of points) {
      if (step <= (series.steps.at(-1) ?? 0)) continue;
      series.steps.push(step);
      series.losses.push(loss);
      series.gradientNorms.push(gradientNorm);
      series.learningRates.push(learningRate);
    }
    const { steps, seconds, samplesPerSecond } = series.clock;
    const isLater = progress.step > (steps.at(-1) ?? -1) && progress.elapsedSeconds >= (seconds.at(-1) ?? 0);
    if (!isLater) return;
    steps.push(progress.step);
    seconds.push(progress.elapsedSeconds);
    samplesPerSecond.push(progress.samplesPerSecond > 0 ? progress.samplesPerSecond : Number.NaN);
  }

  addEvaluation(runId: string, point: EvaluationPoint): void {
    const { evaluations } = this.#of(runId);
    if (point.step > (evaluations.at(-1)?.step ?? -1)) evaluations.push(point);
  }

  delete(runId: string): void {
    this.#series.delete(runId);
  }

  #of(runId: string): RunSeries {
    const known = this.#series.get(runId);
    if (known) return known;
    const series: RunSeries = {
      steps: [],
      losses: [],
      gradientNorms: [],
      learningRates: [],
      evaluations: [],
      clock: { steps: [], seconds: [], samplesPerSecond: [] },
    };
    this.#series.set(runId, series);
    return series;
  }
}

/** A series' values at steps; they are the same steps, but in records that have no such series. */
function valuesAt(steps: readonly number[], { step, value }: RunRecord['trainLoss']): number[] {
  if (step.length === steps.length) return [...value];
  const known = new Map(step.map((at, i) => [at, value[i]!]));
  return steps.map((at) => known.get(at) ?? Number.NaN);
}
