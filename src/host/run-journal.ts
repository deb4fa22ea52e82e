/**
 * The record of a run while it grows: series, evaluations, counters. Appends in place, hands out snapshots that nobody
 * changes afterwards.
 */
import { type EvaluationPoint, type ExecutorInfo, isSameExecutor, type RunRecord } from '../protocol/records';
import type { FinishedStep } from '../train/trainer';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const copySeries = ({ step, value }: RunRecord['trainLoss']) => ({ step: [...step], value: [...value] });

export class RunJournal {
  readonly #run: Mutable<RunRecord>;
  readonly #evaluations: EvaluationPoint[];

  constructor(run: RunRecord) {
    this.#evaluations = [...run.evaluations];
    this.#run = {
      ...run,
      trainLoss: copySeries(run.trainLoss),
      gradientNorm: copySeries(run.gradientNorm),
      learningRate: copySeries(run.learningRate),
    };
  }

  get step(): number {
    return this.#run.step;
  }

  get lastEvaluatedStep(): number {
    return this.#evaluations.at(-1)?.step ?? -1;
  }

  /** A copy whose series end at the present step. */
  snapshot(): RunRecord {
    const run = this.#run;
    return {
      ...run,
      trainLoss: copySeries(run.trainLoss),
      gradientNorm: copySeries(run.gradientNorm),
      learningRate: copySeries(run.learningRate),
      evaluations: [...this.#evaluations],
    };
  }

  set(
    changes: Partial<Omit<RunRecord, 'trainLoss' | 'gradientNorm' | 'learningRate' | 'evaluations'>>,
  ): void {
    Object.assign(this.#run, changes);
  }

  addSteps(steps: readonly FinishedStep[]): void {
    const { trainLoss, gradientNorm, learningRate } = this.#run;
    for (const { step, loss, gradientNorm: norm, learningRate: rate, skipped } of steps) {
      trainLoss.step.push(step);
      trainLoss.value.push(loss);
      gradientNorm.step.push(step);
      gradientNorm.value.push(norm);
      learningRate.step.push(step);
      learningRate.value.push(rate);
      if (skipped) this.#run.skippedSteps += 1;
      this.#run.step = step;
    }
  }

  addEvaluation(point: EvaluationPoint): void {
    this.#evaluations.push(point);
  }

  /** Mean of the loss over all steps; steps whose loss was not finite are left out. */
  meanTrainLoss(): number {
    const finite = this.#run.trainLoss.value.filter(Number.isFinite);
    return finite.reduce((sum, loss) => sum + loss, 0) / Math.max(1, finite.length);
  }

  /** A session begins. `asRecorded`: what it computes has the bits that the one before would have given. */
  noteExecutor(
    executor: ExecutorInfo,
    kernelTable: Readonly<Record<string, string>>,
    asRecorded: boolean,
  ): void {
    const { step, bitExact, executor: first, parts = [{ afterStep: 0, executor: first }] } = this.#run;
    // Those that were chosen at this very step and computed nothing are no part of it.
    const before = parts.filter(({ afterStep }) => afterStep < step);
    const last = before.at(-1);
    const isSame = last !== undefined && isSameExecutor(last.executor, executor);
    const now = isSame ? before : [...before, { afterStep: step, executor }];
    if (now.length > 1 || this.#run.parts) this.set({ parts: now });
    // One that has the threads of the record did not measure them again: that they were measured stays.
    this.set({ executor: now.at(-1)!.executor, kernelTable, bitExact: bitExact && asRecorded });
  }
}
