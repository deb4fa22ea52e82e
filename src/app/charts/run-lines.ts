/** From a run's series to the curves of the charts: place on the x axis, gaps, smoothing. Pure functions. */
import { type MetricName, metricsOfTask } from '../../task';
import type { RunSeries } from '../store/series';
import type { Axis, RunSummary } from '../store/state';
import type { Curve } from './curve';
import type { MeasureId } from './measures';
import { isTimed, placeOf } from './places';
import { smooth } from './smooth';

export interface RunLines {
  readonly run: RunSummary;
  /** A step was made, or the model evaluated. */
  readonly hasPoints: boolean;
  /** The task's first figure, which `metric` is the curve of. */
  readonly metric: MetricName;
  /** Of what is asked for. `smoothed` is `raw` itself where nothing smooths it. */
  readonly curves: Readonly<Partial<Record<MeasureId, { readonly raw: Curve; readonly smoothed: Curve }>>>;
  /** What a place on the x axis is in time is measured, and not taken as even over the steps. */
  readonly isTimed: boolean;
}

export interface LinesOptions {
  readonly axis: Axis;
  /** Weight of what came before, 0 to 1. */
  readonly smoothing: number;
  readonly measures: readonly MeasureId[];
}

export function linesOf(run: RunSummary, series: RunSeries, options: LinesOptions): RunLines {
  const { axis, smoothing, measures } = options;
  const place = placeOf(axis, run, series);
  const [metric] = metricsOfTask[run.dataset.task];
  const { steps, evaluations, clock } = series;
  const ofSteps = (values: readonly number[]) => broken(steps, values, place);
  const ofEvaluations = (values: readonly number[]) => ({
    x: evaluations.map(({ step }) => place(step)),
    y: values,
  });
  const curveOf: Readonly<Record<MeasureId, () => Curve>> = {
    loss: () => ofSteps(series.losses),
    validationLoss: () => ofEvaluations(evaluations.map(({ loss }) => loss)),
    metric: () => ofEvaluations(evaluations.map((point) => point[metric] ?? Number.NaN)),
    learningRate: () => ofSteps(series.learningRates),
    gradientNorm: () => ofSteps(series.gradientNorms),
    samplesPerSecond: () => ({ x: clock.steps.map(place), y: [...clock.samplesPerSecond] }),
  };
  const curves = measures.map((measure) => {
    const raw = curveOf[measure]();
    const isSmoothed = smoothing > 0 && smoothedMeasures.includes(measure);
    return [measure, { raw, smoothed: isSmoothed ? { x: raw.x, y: smooth(raw.y, smoothing) } : raw }];
  });
  const hasPoints = steps.length > 0 || evaluations.length > 0;
  return { run, hasPoints, metric, curves: Object.fromEntries(curves), isTimed: isTimed(run, series) };
}

/** Those of single batches scatter; the others are smooth by themselves, or few. */
const smoothedMeasures: readonly MeasureId[] = ['loss', 'gradientNorm'];

/** A curve over steps, with a gap where steps are missing: more than half as many again as lie between two on the whole. */
function broken(steps: readonly number[], values: readonly number[], place: (step: number) => number): Curve {
  const last = steps.length - 1;
  const usual = last > 0 ? (steps[last]! - steps[0]!) / last : 1;
  const isWhole = last < 1 || steps[last]! - steps[0]! === last;
  // A copy: the series goes on growing.
  if (isWhole) return { x: steps.map(place), y: [...values] };
  const x: number[] = [];
  const y: number[] = [];
  for (const [i, step] of steps.entries()) {
    const before = steps[i - 1];
    if (before !== undefined && step - before > 1.5 * usual) {
      x.push(place(before + usual));
      y.push(Number.NaN);
    }
    x.push(place(step));
    y.push(values[i]!);
  }
  return { x, y };
}
