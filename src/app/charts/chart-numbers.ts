/** The numbers behind the curves as a table for a spreadsheet: every step, neither thinned nor smoothed. Pure functions. */
import { writeCsv } from '../../data/csv/writer';
import { type MetricName, metrics, metricsOf } from '../../task';
import type { RunSeries } from '../store/series';
import type { RunSummary } from '../store/state';

export interface RunNumbers {
  readonly run: RunSummary;
  readonly series: RunSeries;
}

/** Columns behind the losses and the figures: only those that a run has. */
const further = {
  'Learning rate': ({ steps, learningRates }: RunSeries) => columnOf(steps, learningRates),
  'Gradient norm': ({ steps, gradientNorms }: RunSeries) => columnOf(steps, gradientNorms),
  'Training seconds': ({ clock }: RunSeries) => columnOf(clock.steps, clock.seconds),
  'Samples per second': ({ clock }: RunSeries) => columnOf(clock.steps, clock.samplesPerSecond),
} as const;

type Column = ReadonlyMap<number, number>;
type FurtherName = keyof typeof further;

const columnOf = (steps: readonly number[], values: readonly number[]): Column =>
  new Map(steps.flatMap((step, i) => (values[i] === undefined ? [] : [[step, values[i]]])));

/**
 * One row for each step of each run that has a training loss or an evaluation; a cell is empty where there is nothing. Guarded, as
 * every table that people open: a data set is called as its file was. Begins with a byte order mark, without which Excel takes UTF-8
 * for the system's own code page.
 */
export function chartNumbers(runs: readonly RunNumbers[]): string {
  const evaluated = runs.flatMap(({ series }) => series.evaluations.map(metricsOf));
  const names = (Object.keys(metrics) as MetricName[]).filter((name) =>
    evaluated.some((figures) => figures[name] !== undefined),
  );
  const titles = names.map((name) => `Validation ${metrics[name].title}`);
  const more = (Object.keys(further) as FurtherName[]).filter((name) =>
    runs.some(({ series }) => further[name](series).size > 0),
  );
  const header = ['Run', 'Data', 'Step', 'Training loss', 'Validation loss', ...titles, ...more];
  const rows = runs.flatMap((numbers) => rowsOf(numbers, names, more));
  return `\ufeff${writeCsv([header, ...rows], { lineEnd: '\r\n', isGuarded: true })}`;
}

function rowsOf(
  { run, series }: RunNumbers,
  names: readonly MetricName[],
  more: readonly FurtherName[],
): readonly (readonly string[])[] {
  const columns = more.map((name) => further[name](series));
  const losses = new Map(series.steps.map((step, i) => [step, series.losses[i]]));
  const evaluations = new Map(series.evaluations.map((point) => [point.step, point]));
  const steps = [...new Set([...losses.keys(), ...evaluations.keys()])].sort((a, b) => a - b);
  return steps.map((step) => {
    const evaluation = evaluations.get(step);
    const figures = [
      ...[losses.get(step), evaluation?.loss],
      ...names.map((name) => evaluation?.[name]),
      ...columns.map((column) => column.get(step)),
    ];
    return [run.name, run.dataset.name, String(step), ...figures.map((figure) => String(figure ?? ''))];
  });
}
