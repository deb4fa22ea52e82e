/**
 * Metric series of the runs that are looked at, append-only and outside React's state: a long run adds points without copying the
 * old ones. What is stored of a run is asked for when it is shown; what it does since comes as events.
 */

import type { RunProgress, StepPoint } from '../../protocol/types';
import type { EvaluationPoint, RunRecord } from '../../runs/record';
import type { RunSeries as StoredSeries } from '../../runs/series';

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
  /** Of training steps until then. */
  readonly seconds: number[];
  /** As the worker measured it over the last seconds; NaN where it could not yet. */
  readonly samplesPerSecond: number[];
}

/** The end of a run's series, and all of what was seen of its time. */
export interface NewestPoints {
  readonly points: readonly StepPoint[];
  readonly evaluations: readonly EvaluationPoint[];
  readonly clock: Clock;
}

export class SeriesStore {
  readonly #series = new Map<string, RunSeries>();
  /** Runs whose stored points are here. */
  readonly #loaded = new Set<string>();

  /** Undefined where nothing is known of it; of a run that is not loaded yet, the points that came since. */
  get(runId: string): RunSeries | undefined {
    return this.#series.get(runId);
  }

  isLoaded(runId: string): boolean {
    return this.#loaded.has(runId);
  }

  /** Puts what is stored, up to the run's record, before the points that came as events. */
  load(run: RunRecord, { trainLoss, gradientNorm, learningRate, evaluations }: StoredSeries): void {
    const live = this.#of(run.id);
    this.#loaded.add(run.id);
    this.#series.set(run.id, {
      steps: [...trainLoss.step],
      losses: [...trainLoss.value],
      gradientNorms: valuesAt(trainLoss.step, gradientNorm),
      learningRates: valuesAt(trainLoss.step, learningRate),
      evaluations: [...evaluations],
      clock: { steps: [], seconds: [], samplesPerSecond: [] },
    });
    this.cut(run);
    this.#addSteps(
      run.id,
      live.steps.map((step, i) => ({
        step,
        loss: live.losses[i]!,
        gradientNorm: live.gradientNorms[i]!,
        learningRate: live.learningRates[i]!,
      })),
    );
    for (const point of live.evaluations) this.addEvaluation(run.id, point);
    this.#series.set(run.id, { ...this.#of(run.id), clock: live.clock });
  }

  /** Points at or before the last known step are not added twice. */
  append(runId: string, points: readonly StepPoint[], progress: RunProgress): void {
    this.#addSteps(runId, points);
    const { steps, seconds, samplesPerSecond } = this.#of(runId).clock;
    const { training = 0 } = progress.times;
    const isLater = progress.step > (steps.at(-1) ?? -1) && training >= (seconds.at(-1) ?? 0);
    if (!isLater) return;
    steps.push(progress.step);
    seconds.push(training);
    samplesPerSecond.push(progress.samplesPerSecond > 0 ? progress.samplesPerSecond : Number.NaN);
  }

  addEvaluation(runId: string, point: EvaluationPoint): void {
    const { evaluations } = this.#of(runId);
    if (point.step > (evaluations.at(-1)?.step ?? -1)) evaluations.push(point);
  }

  /** Takes away what came after a run's record: it went back to it, from where a device or a worker was lost. */
  cut({ id, step }: Pick<RunRecord, 'id' | 'step'>): void {
    const series = this.#series.get(id);
    if (!series) return;
    const { steps, losses, gradientNorms, learningRates, evaluations, clock } = series;
    const cutAfter = (at: readonly number[], ...columns: readonly number[][]) => {
      while ((at.at(-1) ?? 0) > step) for (const column of columns) column.pop();
    };
    cutAfter(steps, steps, losses, gradientNorms, learningRates);
    cutAfter(clock.steps, clock.steps, clock.seconds, clock.samplesPerSecond);
    while ((evaluations.at(-1)?.step ?? 0) > step) evaluations.pop();
  }

  /** What came at a step or after it, for another tab, which has the rest from the store. */
  since(runId: string, step: number): NewestPoints {
    const { steps, losses, gradientNorms, learningRates, evaluations, clock } = this.#of(runId);
    const points = steps.map((at, i) => ({
      step: at,
      loss: losses[i]!,
      gradientNorm: gradientNorms[i]!,
      learningRate: learningRates[i]!,
    }));
    return {
      points: points.filter((point) => point.step >= step),
      evaluations: evaluations.filter((point) => point.step >= step),
      clock,
    };
  }

  /** As another tab has it: what is stored is to be asked for anew. */
  renew(runId: string, { points, evaluations, clock }: NewestPoints): void {
    this.delete(runId);
    this.#addSteps(runId, points);
    for (const point of evaluations) this.addEvaluation(runId, point);
    this.#series.set(runId, { ...this.#of(runId), clock });
  }

  delete(runId: string): void {
    this.#series.delete(runId);
    this.#loaded.delete(runId);
  }

  #addSteps(runId: string, points: readonly StepPoint[]): void {
    const { steps, losses, gradientNorms, learningRates } = this.#of(runId);
    for (const { step, loss, gradientNorm, learningRate } of points) {
      if (step <= (steps.at(-1) ?? 0)) continue;
      steps.push(step);
      losses.push(loss);
      gradientNorms.push(gradientNorm);
      learningRates.push(learningRate);
    }
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
function valuesAt(steps: readonly number[], { step, value }: StoredSeries['trainLoss']): number[] {
  if (step.length === steps.length) return [...value];
  const known = new Map(step.map((at, i) => [at, value[i]!]));
  return steps.map((at) => known.get(at) ?? Number.NaN);
}
