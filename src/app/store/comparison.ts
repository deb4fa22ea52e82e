/** Settings and results of several runs as rows of a table, with a mark on what differs. Pure. */
import { runComputedOn } from '../../runs/record';
import { formatSettingValue } from '../../runs/setting';
import { type SettingKey, settingRows } from '../../runs/setting-table';
import { composedIn, describeMethodIn, type HeadSettings, type RunSettings } from '../../runs/settings';
import { metrics, metricsOfTask } from '../../task';
import {
  formatCount,
  formatDuration,
  formatLoss,
  formatMetric,
  formatRate,
  formatRunTime,
  formatValue,
} from '../format';
import type { Titled } from './method-titles';
import type { RunSummary } from './state';

export interface ComparisonRow {
  readonly name: string;
  /** One text a run, in the order of the runs. */
  readonly values: readonly string[];
  readonly differs: boolean;
  /** An option that not all of the methods have: between different methods there are dozens. */
  readonly isPartial?: true;
}

const headNames: readonly (readonly [keyof HeadSettings, string])[] = [
  ['layers', 'Head layers'],
  ['activationFunction', 'Head activation'],
  ['bias', 'Head bias'],
  ['usePooler', 'Head reads the pooler'],
];

function row(name: string, values: readonly string[]): ComparisonRow {
  return { name, values, differs: values.some((value) => value !== values[0]) };
}

export function comparedSettings(
  runs: readonly RunSummary[],
  titled: Titled = (words) => words,
): readonly ComparisonRow[] {
  const chosen = (name: string, value: (settings: RunSettings) => string) =>
    row(
      name,
      runs.map(({ settings }) => value(settings)),
    );
  const methodKeys = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings.methodConfig ?? {})))];
  const methodRows = methodKeys.map((key): ComparisonRow => {
    const values = runs.map(({ settings: { methodConfig } }) =>
      key in methodConfig ? formatValue(methodConfig[key]) : null,
    );
    const told = row(
      key,
      values.map((value) => value ?? '–'),
    );
    return values.includes(null) ? { ...told, isPartial: true } : told;
  });
  return [
    row(
      'Dataset',
      runs.map(({ dataset }) => dataset.name),
    ),
    chosen('Base model', ({ baseModel }) => baseModel),
    chosen('Method', (settings) => titled(describeMethodIn(settings.method, composedIn(settings)))),
    chosen('Started from', ({ startFrom }) => (startFrom ? 'saved adapter' : 'new')),
    ...settingRows.map((setting) =>
      chosen(setting.label, (settings) => formatSettingValue(setting, settings[setting.key as SettingKey])),
    ),
    ...methodRows,
    ...headNames.map(([key, name]) => chosen(name, ({ head }) => formatValue(head[key]))),
  ];
}

export function comparedResults(runs: readonly RunSummary[]): readonly ComparisonRow[] {
  const of = (name: string, value: (run: RunSummary) => string) => row(name, runs.map(value));
  const names = [...new Set(runs.flatMap(({ dataset }) => metricsOfTask[dataset.task]))];
  return [
    ...names.map((name) =>
      of(`Eval ${metrics[name].title}`, ({ results }) => formatMetric(name, results?.evalMetrics[name])),
    ),
    of('Evaluated on', ({ results, dataset }) =>
      results
        ? `${formatCount(results.evalRows ?? dataset.validationRows)} of ${formatCount(dataset.validationRows)} rows`
        : '–',
    ),
    of('Eval loss', ({ results }) => (results ? formatLoss(results.evalLoss) : '–')),
    of('Train loss', ({ results }) => (results ? formatLoss(results.trainLoss) : '–')),
    of('Steps', ({ step, totalSteps }) => `${step} of ${totalSteps}`),
    of('Time', formatRunTime),
    of('Of it training steps', ({ elapsedSeconds }) => formatDuration(elapsedSeconds)),
    of('Samples/s', ({ results }) => (results ? formatRate(results.trainSamplesPerSecond) : '–')),
    of('Trained parameters', ({ trainableParameters }) => formatCount(trainableParameters)),
    of('Total FLOPs', ({ results }) => (results ? formatCount(results.totalFlos) : '–')),
    of('Computed on', runComputedOn),
  ];
}
