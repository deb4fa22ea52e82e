/** Settings and results of several runs as rows of a table, with a mark on what differs. Pure. */
import { runComputedOn } from '../../runs/record';
import { composedIn, describeMethodIn, type HeadSettings } from '../../runs/settings';
import { metrics, metricsOfTask } from '../../task';
import { formatCount, formatDuration, formatLoss, formatMetric, formatRate, formatSetting } from '../format';
import type { RunSummary } from './state';

export interface ComparisonRow {
  readonly name: string;
  /** One text a run, in the order of the runs. */
  readonly values: readonly string[];
  readonly differs: boolean;
}

const settingNames: Readonly<Record<string, string>> = {
  baseModel: 'Base model',
  method: 'Method',
  startFrom: 'Started from',
  learningRate: 'Learning rate',
  epochs: 'Epochs',
  batchSize: 'Batch size',
  maxLength: 'Max length',
  seed: 'Seed',
  trainingRows: 'Training rows',
  weightDecay: 'Weight decay',
  warmupSteps: 'Warm-up steps',
  scheduler: 'Schedule',
  maxGradNorm: 'Gradient clipping',
  gradientAccumulationSteps: 'Accumulation',
  accumulationMode: 'Accumulated batches',
  padding: 'Padding',
  labelSmoothing: 'Label smoothing',
  classWeights: 'Class weights',
  dropout: 'Dropout',
  baseStorage: 'Weights stored as',
  recompute: 'Recompute layers',
  evaluateEverySteps: 'Evaluate every',
};

const headNames: readonly (readonly [keyof HeadSettings, string])[] = [
  ['layers', 'Head layers'],
  ['activationFunction', 'Head activation'],
  ['bias', 'Head bias'],
  ['usePooler', 'Head reads the pooler'],
];

function row(name: string, values: readonly string[]): ComparisonRow {
  return { name, values, differs: values.some((value) => value !== values[0]) };
}

export function settingRows(runs: readonly RunSummary[]): readonly ComparisonRow[] {
  const rows = Object.entries(settingNames).map(([key, name]) =>
    row(
      name,
      runs.map(({ settings }) =>
        key === 'startFrom'
          ? settings.startFrom
            ? 'saved adapter'
            : 'new'
          : key === 'method'
            ? describeMethodIn(settings.method, composedIn(settings))
            : formatSetting(settings[key as keyof typeof settings]),
      ),
    ),
  );
  const methodKeys = [...new Set(runs.flatMap(({ settings }) => Object.keys(settings.methodConfig ?? {})))];
  const methodRows = methodKeys.map((key) =>
    row(
      key,
      runs.map(({ settings }) =>
        key in settings.methodConfig ? formatSetting(settings.methodConfig[key]) : '–',
      ),
    ),
  );
  return [
    row(
      'Dataset',
      runs.map(({ dataset }) => dataset.name),
    ),
    ...rows,
    ...methodRows,
    ...headNames.map(([key, name]) =>
      row(
        name,
        runs.map(({ settings }) =>
          settings.head[key] === null ? 'none' : formatSetting(settings.head[key]),
        ),
      ),
    ),
  ];
}

export function resultRows(runs: readonly RunSummary[]): readonly ComparisonRow[] {
  const of = (name: string, value: (run: RunSummary) => string) => row(name, runs.map(value));
  const names = [...new Set(runs.flatMap(({ dataset }) => metricsOfTask[dataset.task]))];
  return [
    ...names.map((name) =>
      of(`Eval ${metrics[name].title}`, ({ results }) => formatMetric(name, results?.evalMetrics[name])),
    ),
    of('Eval loss', ({ results }) => (results ? formatLoss(results.evalLoss) : '–')),
    of('Train loss', ({ results }) => (results ? formatLoss(results.trainLoss) : '–')),
    of('Steps', ({ step, totalSteps }) => `${step} of ${totalSteps}`),
    of('Runtime', ({ elapsedSeconds }) => formatDuration(elapsedSeconds)),
    of('Samples/s', ({ results }) => (results ? formatRate(results.trainSamplesPerSecond) : '–')),
    of('Trained parameters', ({ trainableParameters }) => formatCount(trainableParameters)),
    of('Total FLOPs', ({ results }) => (results ? formatCount(results.totalFlos) : '–')),
    of('Computed on', runComputedOn),
  ];
}
