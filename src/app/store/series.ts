/** Metric series of all runs, append-only and outside React's state: a long run adds points without copying the old ones. */
import type { EvaluationPoint, RunRecord } from '../../protocol/records';
import type { RunProgress, StepPoint } from '../../protocol/types';

/** Columns of equal length. */
export interface RunSeries {
  readonly steps: number[];
  readonly losses: number[];
  readonly gradientNorms: number[];
  readonly learningRates: number[];
  readonly evaluations: EvaluationPoint[];
  /** Counts changes, so that charts see what they have drawn already. */
  version: number;
  epochsPerStep: number;
  secondsPerStep: number;
}

export class SeriesStore {
  readonly #series = new Map<string, RunSeries>();

  get(runId: string): RunSeries | undefined {
    return this.#series.get(runId);
  }

  /** Takes a stored run's series in place of what is known of it. */
  replace(run: RunRecord): void {
    const { id, trainLoss, gradientNorm, learningRate, evaluations, step, totalSteps, elapsedSeconds } = run;
    const before = this.#series.get(id);
    this.#series.set(id, {
      steps: [...trainLoss.step],
      losses: [...trainLoss.value],
      gradientNorms: [...gradientNorm.value],
      learningRates: [...learningRate.value],
      evaluations: [...evaluations],
      version: (before?.version ?? 0) + 1,
      epochsPerStep: totalSteps > 0 ? run.settings.epochs / totalSteps : (before?.epochsPerStep ?? 0),
      secondsPerStep: step > 0 ? elapsedSeconds / step : (before?.secondsPerStep ?? 0),
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
    if (progress.step > 0) {
      series.epochsPerStep = progress.epoch / progress.step;
      series.secondsPerStep = progress.elapsedSeconds / progress.step;
    }
    series.version += 1;
  }

  addEvaluation(runId: string, point: EvaluationPoint): void {
    const series = this.#of(runId);
    if (point.step <= (series.evaluations.at(-1)?.step ?? -1)) return;
    series.evaluations.push(point);
    series.version += 1;
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
      version: 0,
      epochsPerStep: 0,
      secondsPerStep: 0,
    };
    this.#series.set(runId, series);
    return series;
  }
}
