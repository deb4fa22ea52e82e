/** From a run's series to the lines of its charts: axis, smoothing, thinning. Pure functions. */
import type { RunSeries } from '../store/series';
import type { Axis, RunSummary } from '../store/state';
import { decimate, type Point } from './decimate';
import { smooth } from './smooth';

/** More than a chart has pixels to tell apart. */
const maxPoints = 500;

export interface RunLines {
  readonly runId: string;
  readonly name: string;
  readonly raw: readonly Point[];
  readonly smoothed: readonly Point[];
  readonly validationLoss: readonly Point[];
  readonly accuracy: readonly Point[];
  readonly gradientNorm: readonly Point[];
  readonly learningRate: readonly Point[];
}

/** The axis's unit for one step. Time is training time, taken as even over the steps. */
function unitOf(axis: Axis, series: RunSeries): number {
  if (axis === 'epoch') return series.epochsPerStep;
  return axis === 'time' ? series.secondsPerStep : 1;
}

export function linesOf(
  { id, name }: Pick<RunSummary, 'id' | 'name'>,
  series: RunSeries,
  axis: Axis,
  smoothing: number,
): RunLines {
  const unit = unitOf(axis, series);
  const { steps } = series;
  const scaled = (points: readonly Point[]) =>
    unit === 1 ? points : points.map(({ x, y }) => ({ x: x * unit, y }));
  const line = (values: ArrayLike<number>) => scaled(decimate(steps, values, maxPoints));
  return {
    runId: id,
    name,
    raw: line(series.losses),
    smoothed: line(smooth(series.losses, smoothing)),
    validationLoss: series.evaluations.map((point) => ({ x: point.step * unit, y: point.loss })),
    accuracy: series.evaluations.map((point) => ({ x: point.step * unit, y: point.accuracy })),
    gradientNorm: line(smooth(series.gradientNorms, smoothing)),
    learningRate: line(series.learningRates),
  };
}

/** The trend in a sentence, for those who cannot see the chart. */
export function describeTrend({ name, smoothed, accuracy }: RunLines): string {
  const first = smoothed[0];
  const last = smoothed.at(-1);
  if (!first || !last) return `${name} has no steps yet.`;
  const lowest = smoothed.reduce((a, b) => (b.y < a.y ? b : a));
  const best = accuracy.length > 0 ? Math.max(...accuracy.map((point) => point.y)) : null;
  const ending = best === null ? '' : `, best validation accuracy ${(100 * best).toFixed(1)} %`;
  return `${name}: training loss ${first.y.toFixed(3)} → ${last.y.toFixed(3)}, lowest ${lowest.y.toFixed(3)}${ending}.`;
}
