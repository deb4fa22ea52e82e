/** Metric series of all runs, append-only and outside React's state: a long run adds points without copying the old ones. */

import type { StepPoint } from '../../protocol/types';
import type { EvaluationPoint, RunRecord } from '../../runs/record';

export interface RunSeries {
  readonly steps: number[];
  readonly losses: number[];
  readonly evaluations: EvaluationPoint[];
}

export class SeriesStore {
  readonly #series = new Map<string, RunSeries>();

  get(runId: string): RunSeries | undefined {
    return this.#series.get(runId);
  }

  /** Takes a stored run's series in place of what is known of it. */
  replace({ id, trainLoss, evaluations }: RunRecord): void {
    this.#series.set(id, {
      steps: [...trainLoss.step],
      losses: [...trainLoss.value],
      evaluations: [...evaluations],
    });
  }

  /** Points at or before the last known step (a run that went back to a checkpoint) are not added twice. */
  append(runId: string, points: readonly StepPoint[]): void {
    const series = this.#of(runId);
    for (const { step, loss } of points) {
      if (step <= (series.steps.at(-1) ?? 0)) continue;
      series.steps.push(step);
      series.losses.push(loss);
    }
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
    const series: RunSeries = { steps: [], losses: [], evaluations: [] };
    this.#series.set(runId, series);
    return series;
  }
}
