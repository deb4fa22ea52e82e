/**
 * What is measured while a run trains, apart from its record: columns that only grow. They are kept in chunks, of which each has
 * what came since the one before; the record says how long they are. Knows no store.
 */
import type { EvaluationPoint } from './record';

/** Append-only columns of one figure; the arrays have equal length. */
interface MetricSeries {
  readonly step: number[];
  readonly value: number[];
}

export interface RunSeries {
  readonly trainLoss: MetricSeries;
  readonly gradientNorm: MetricSeries;
  readonly learningRate: MetricSeries;
  readonly evaluations: EvaluationPoint[];
}

/** Points of each series. */
export type SeriesLengths = { readonly [Name in keyof RunSeries]: number };

/** A piece of a run's series as it is kept. */
export interface SeriesChunk extends RunSeries {
  readonly version: 1;
  readonly runId: string;
  /** Its number: chunks are written in this order, and never changed. */
  readonly index: number;
  /**
   * How many points come before it. What earlier chunks have from there on counts no more: the run went back to a checkpoint and
   * went on from it.
   */
  readonly from: SeriesLengths;
}

/** What is stored of a run's series. */
export interface StoredSeries {
  /** In the order of their numbers; those that cannot be read are missing. */
  readonly chunks: readonly SeriesChunk[];
  /** Above the number of every chunk that is there, also of those that cannot be read. */
  readonly nextIndex: number;
}

export const nothingStored: StoredSeries = { chunks: [], nextIndex: 0 };

/** Lengths, made one by one. */
export const eachLength = (make: (name: keyof RunSeries) => number): SeriesLengths => ({
  trainLoss: make('trainLoss'),
  gradientNorm: make('gradientNorm'),
  learningRate: make('learningRate'),
  evaluations: make('evaluations'),
});

export const emptySeries = (): RunSeries => ({
  trainLoss: { step: [], value: [] },
  gradientNorm: { step: [], value: [] },
  learningRate: { step: [], value: [] },
  evaluations: [],
});

export const noPoints: SeriesLengths = eachLength(() => 0);

export const lengthsOf = (series: RunSeries): SeriesLengths =>
  eachLength((name) => {
    const points = series[name];
    return Array.isArray(points) ? points.length : points.step.length;
  });

export const sumOfLengths = (a: SeriesLengths, b: SeriesLengths): SeriesLengths =>
  eachLength((name) => a[name] + b[name]);

/** The points of each series from one length to another, copied. */
export function cutSeries(series: RunSeries, from: SeriesLengths, to: SeriesLengths): RunSeries {
  const columns = (name: Exclude<keyof RunSeries, 'evaluations'>): MetricSeries => ({
    step: series[name].step.slice(from[name], to[name]),
    value: series[name].value.slice(from[name], to[name]),
  });
  return {
    trainLoss: columns('trainLoss'),
    gradientNorm: columns('gradientNorm'),
    learningRate: columns('learningRate'),
    evaluations: series.evaluations.slice(from.evaluations, to.evaluations),
  };
}

/** Adds points at the end of `series`. */
export function appendSeries(series: RunSeries, more: RunSeries): void {
  for (const name of ['trainLoss', 'gradientNorm', 'learningRate'] as const) {
    // One by one: a spread passes its values as arguments, whose number is limited.
    for (const step of more[name].step) series[name].step.push(step);
    for (const value of more[name].value) series[name].value.push(value);
  }
  for (const point of more.evaluations) series.evaluations.push(point);
}

/**
 * The series that chunks in the order of their numbers make, up to the lengths that the run's record says. Where a chunk is missing
 * its points are, and no others.
 */
export function joinChunks(chunks: readonly SeriesChunk[], end: SeriesLengths): RunSeries {
  const pieces: RunSeries[] = [];
  let until = end;
  for (const chunk of chunks.toReversed()) {
    const { from } = chunk;
    pieces.push(
      cutSeries(
        chunk,
        noPoints,
        eachLength((name) => Math.max(0, until[name] - from[name])),
      ),
    );
    until = eachLength((name) => Math.min(until[name], from[name]));
  }
  const series = emptySeries();
  for (const piece of pieces.toReversed()) appendSeries(series, piece);
  return series;
}

/** Of a run's losses so far, those that are finite: their mean is the run's training loss. */
export interface LossSum {
  readonly sum: number;
  readonly count: number;
}

export const noLosses: LossSum = { sum: 0, count: 0 };

/** In the order of the steps, so that a run that was resumed adds up to the same bits. */
export const withLosses = (before: LossSum, losses: readonly number[]): LossSum =>
  losses
    .filter(Number.isFinite)
    .reduce<LossSum>(({ sum, count }, loss) => ({ sum: sum + loss, count: count + 1 }), before);
