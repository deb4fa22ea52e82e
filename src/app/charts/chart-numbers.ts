/** The numbers behind the curves as a table for a spreadsheet: every step, neither thinned nor smoothed. Pure functions. */
import { writeCsv } from '../../data/csv/writer';
import { type MetricName, metrics, metricsOf } from '../../task';
import type { RunSeries } from '../store/series';
import type { RunSummary } from '../store/state';

export interface RunNumbers {
  readonly run: RunSummary;
  readonly series: RunSeries;
}

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
  const header = ['Run', 'Data', 'Step', 'Training loss', 'Validation loss', ...titles];
  const rows = runs.flatMap((numbers) => rowsOf(numbers, names));
  return `\ufeff${writeCsv([header, ...rows], { lineEnd: '\r\n', isGuarded: true })}`;
}

function rowsOf({ run, series }: RunNumbers, names: readonly MetricName[]): readonly (readonly string[])[] {
  const losses = new Map(series.steps.map((step, i) => [step, series.losses[i]]));
  const evaluations = new Map(series.evaluations.map((point) => [point.step, point]));
  const steps = [...new Set([...losses.keys(), ...evaluations.keys()])].sort((a, b) => a - b);
  return steps.map((step) => {
    const evaluation = evaluations.get(step);
    const figures = [losses.get(step), evaluation?.loss, ...names.map((name) => evaluation?.[name])];
    return [run.name, run.dataset.name, String(step), ...figures.map((figure) => String(figure ?? ''))];
  });
}
