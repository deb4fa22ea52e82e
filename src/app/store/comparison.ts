/** Settings and results of several runs as rows of a table, with a mark on what differs. Pure. */

import { composedIn, describeMethodIn } from '../../protocol/settings';
import { formatCount, formatDuration, formatLoss, formatPercent, formatRate, formatSetting } from '../format';
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
  evaluateEverySteps: 'Evaluate every',
};

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
  ];
}

export function resultRows(runs: readonly RunSummary[]): readonly ComparisonRow[] {
  const of = (name: string, value: (run: RunSummary) => string) => row(name, runs.map(value));
  return [
    of('Eval accuracy', ({ results }) => (results ? formatPercent(results.evalAccuracy) : '–')),
    of('Eval loss', ({ results }) => (results ? formatLoss(results.evalLoss) : '–')),
    of('Train loss', ({ results }) => (results ? formatLoss(results.trainLoss) : '–')),
    of('Steps', ({ step, totalSteps }) => `${step} of ${totalSteps}`),
    of('Runtime', ({ elapsedSeconds }) => formatDuration(elapsedSeconds)),
    of('Samples/s', ({ results }) => (results ? formatRate(results.trainSamplesPerSecond) : '–')),
    of('Trained parameters', ({ trainableParameters }) => formatCount(trainableParameters)),
    of('Total FLOPs', ({ results }) => (results ? formatCount(results.totalFlos) : '–')),
    of('Computed on', ({ executor }) => `${executor.executor}, ${executor.adapter}`),
  ];
}
