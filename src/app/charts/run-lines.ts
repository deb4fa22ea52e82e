/** From a run's series to the lines of a chart: axis, smoothing, thinning. Pure functions. */
import { type MetricName, metrics, metricsOfTask } from '../../task';
import { formatMetric } from '../format';
import type { RunSeries } from '../store/series';
import type { Axis, RunSummary } from '../store/state';
import { decimate, type Point } from './decimate';
import { smooth } from './smooth';

const maxPoints = 500;

export interface RunLines {
  readonly run: RunSummary;
  readonly raw: readonly Point[];
  readonly smoothed: readonly Point[];
  readonly validationLoss: readonly Point[];
  /** The task's first figure, and its values. */
  readonly metric: MetricName;
  readonly metricPoints: readonly Point[];
}

/** Steps to the axis's unit; time is elapsed training seconds, taken as even over the steps. */
function scaleOf(axis: Axis, run: RunSummary): (step: number) => number {
  if (axis === 'epoch' && run.totalSteps > 0) return (step) => (step / run.totalSteps) * run.settings.epochs;
  if (axis === 'time' && run.step > 0) return (step) => (step / run.step) * run.elapsedSeconds;
  return (step) => step;
}

export function linesOf(run: RunSummary, series: RunSeries, axis: Axis, smoothing: number): RunLines {
  const x = scaleOf(axis, run);
  const line = (values: readonly number[]) =>
    decimate(
      values.flatMap((y, i) => (Number.isFinite(y) ? [{ x: x(series.steps[i]!), y }] : [])),
      maxPoints,
    );
  const [metric] = metricsOfTask[run.dataset.task];
  return {
    run,
    raw: line(series.losses),
    smoothed: line(smooth(series.losses, smoothing)),
    validationLoss: series.evaluations.map((point) => ({ x: x(point.step), y: point.loss })),
    metric,
    metricPoints: series.evaluations.map((point) => ({ x: x(point.step), y: point[metric] ?? Number.NaN })),
  };
}

/** The trend in a sentence, for those who cannot see the chart. */
export function describeTrend({ run, smoothed, metric, metricPoints }: RunLines): string {
  const first = smoothed[0];
  const last = smoothed.at(-1);
  if (!first || !last) return `${run.name} has no steps yet.`;
  const lowest = smoothed.reduce((a, b) => (b.y < a.y ? b : a));
  const { title, better } = metrics[metric];
  const values = metricPoints.map(({ y }) => y);
  const best = better === 'higher' ? Math.max(...values) : Math.min(...values);
  const ending = values.length === 0 ? '' : `, best validation ${title} ${formatMetric(metric, best)}`;
  return `${run.name}: training loss ${first.y.toFixed(3)} → ${last.y.toFixed(3)}, lowest ${lowest.y.toFixed(3)}${ending}.`;
}
