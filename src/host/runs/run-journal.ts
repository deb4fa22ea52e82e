/**
 * The record of a run while it grows, and the points of its series: hands out snapshots that nobody changes afterwards, and the
 * points that are not stored yet. Keeps what it wrote too, so that it can be written again where the store was emptied.
 */
import { type EvaluationPoint, type ExecutorInfo, isSameExecutor, type RunRecord } from '../../runs/record';
import {
  appendSeries,
  cutSeries,
  eachLength,
  emptySeries,
  lengthsOf,
  noPoints,
  type RunSeries,
  type SeriesChunk,
  type SeriesLengths,
  type StoredSeries,
  sumOfLengths,
  withLosses,
} from '../../runs/series';
import type { FinishedStep } from '../../train/trainer';

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What a record counts itself as points are added. */
type Counted = 'series' | 'losses' | 'lastEvaluation';

export class RunJournal {
  #run: Mutable<RunRecord>;
  readonly #written: SeriesChunk[];
  #nextIndex: number;
  #unwritten: RunSeries = emptySeries();
  /** Points before the unwritten ones. */
  #from: SeriesLengths;

  constructor(run: RunRecord, { chunks, nextIndex }: StoredSeries) {
    this.#run = { ...run };
    this.#written = [...chunks];
    this.#nextIndex = nextIndex;
    this.#from = run.series;
  }

  get step(): number {
    return this.#run.step;
  }

  get lastEvaluatedStep(): number {
    return this.#run.lastEvaluation?.step ?? -1;
  }

  snapshot(): RunRecord {
    return { ...this.#run };
  }

  /** The points that are to be stored together with the present record; none where all are. */
  unwritten(): readonly SeriesChunk[] {
    const lengths = lengthsOf(this.#unwritten);
    if (Object.values(lengths).every((length) => length === 0)) return [];
    const points = cutSeries(this.#unwritten, noPoints, lengths);
    return [{ version: 1, runId: this.#run.id, index: this.#nextIndex, from: this.#from, ...points }];
  }

  /** They are stored. */
  noteWritten(chunks: readonly SeriesChunk[]): void {
    for (const chunk of chunks) {
      const lengths = lengthsOf(chunk);
      this.#written.push(chunk);
      this.#nextIndex = chunk.index + 1;
      this.#from = sumOfLengths(chunk.from, lengths);
      this.#unwritten = cutSeries(this.#unwritten, lengths, lengthsOf(this.#unwritten));
    }
  }

  /** Everything that was stored, for a store that was emptied. */
  written(): readonly SeriesChunk[] {
    return [...this.#written];
  }

  /** Back to what it was: what came after is computed again. Points of before that found no room yet are still to be stored. */
  returnTo(run: RunRecord): void {
    const from = this.#from;
    const kept = eachLength((name) => Math.max(0, run.series[name] - from[name]));
    this.#run = { ...run };
    this.#unwritten = cutSeries(this.#unwritten, noPoints, kept);
    this.#from = eachLength((name) => Math.min(from[name], run.series[name]));
  }

  set(changes: Partial<Omit<RunRecord, Counted>>): void {
    Object.assign(this.#run, changes);
  }

  addSteps(steps: readonly FinishedStep[]): void {
    const points = emptySeries();
    for (const { step, loss, gradientNorm, learningRate, skipped } of steps) {
      points.trainLoss.step.push(step);
      points.trainLoss.value.push(loss);
      points.gradientNorm.step.push(step);
      points.gradientNorm.value.push(gradientNorm);
      points.learningRate.step.push(step);
      points.learningRate.value.push(learningRate);
      if (skipped) this.#run.skippedSteps += 1;
      this.#run.step = step;
    }
    this.#run.losses = withLosses(this.#run.losses, points.trainLoss.value);
    this.#add(points);
  }

  addEvaluation(point: EvaluationPoint): void {
    this.#run.lastEvaluation = point;
    this.#add({ ...emptySeries(), evaluations: [point] });
  }

  /** Mean of the loss over all steps; steps whose loss was not finite are left out. */
  meanTrainLoss(): number {
    const { sum, count } = this.#run.losses;
    return sum / Math.max(1, count);
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

  #add(points: RunSeries): void {
    appendSeries(this.#unwritten, points);
    this.#run.series = sumOfLengths(this.#run.series, lengthsOf(points));
  }
}
