/** Settings and results of several runs as rows of a table, with a mark on what differs. Pure. */
import { formatCount, formatDuration, formatLoss, formatPercent, formatRate, formatSetting } from '../format';
import type { RunSummary } from './state';

export interface ComparisonRow {
  readonly name: string;
  /** One text a run, in the order of the runs. */
  readonly values: readonly string[];
  readonly differs: boolean;
  /** Index of the run that does best, where one does and better can be told from worse. */
  readonly best: number | null;
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
  padding: 'Padding',
  dropout: 'Dropout',
  evaluateEverySteps: 'Evaluate every',
  evaluationBatchSize: 'Evaluation batch',
};

function row(name: string, values: readonly string[], best: number | null = null): ComparisonRow {
  return { name, values, differs: values.some((value) => value !== values[0]), best };
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
          : key === 'trainingRows' && settings.trainingRows === null
            ? 'all'
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

/** What was changed from one run to the next, in a line: `Learning rate 0.0005, r 16`. Empty where nothing was. */
export function changesBetween(before: RunSummary, after: RunSummary): string {
  const isOtherMethod = before.settings.method !== after.settings.method;
  return (
    settingRows([before, after])
      .filter(({ name, differs }) => differs && name !== 'Dataset' && name !== 'Method')
      // The keys of another method are not changes that a person made.
      .filter(({ name }) => !isOtherMethod || Object.values(settingNames).includes(name))
      .map(({ name, values }) => `${name} ${values[1]}`)
      .join(', ')
  );
}

type Better = 'higher' | 'lower';

export function resultRows(runs: readonly RunSummary[]): readonly ComparisonRow[] {
  const text = (name: string, value: (run: RunSummary) => string) => row(name, runs.map(value));
  const figure = (
    name: string,
    value: (run: RunSummary) => number | undefined,
    format: (value: number) => string,
    better: Better,
  ) => {
    const values = runs.map(value);
    return row(
      name,
      values.map((v) => (v === undefined ? '–' : format(v))),
      bestOf(values, better),
    );
  };
  return [
    figure('Eval accuracy', ({ results }) => results?.evalAccuracy, formatPercent, 'higher'),
    figure('Eval loss', ({ results }) => results?.evalLoss, formatLoss, 'lower'),
    figure('Train loss', ({ results }) => results?.trainLoss, formatLoss, 'lower'),
    figure('Runtime', ({ results }) => results?.trainRuntimeSeconds, formatDuration, 'lower'),
    figure('Samples/s', ({ results }) => results?.trainSamplesPerSecond, formatRate, 'higher'),
    figure('Steps/s', ({ results }) => results?.trainStepsPerSecond, formatRate, 'higher'),
    text('Steps', ({ step, totalSteps }) => `${formatCount(step)} of ${formatCount(totalSteps)}`),
    text('Trained parameters', ({ trainableParameters }) => formatCount(trainableParameters)),
    text('Total FLOPs', ({ results }) => (results ? formatCount(results.totalFlos) : '–')),
    text('Computed on', ({ executor }) => `${executor.executor}, ${executor.adapter}`),
  ];
}

/** Null where fewer than two have a value, or the best value is not one run's alone. */
function bestOf(values: readonly (number | undefined)[], better: Better): number | null {
  const known = values.filter((value): value is number => value !== undefined && Number.isFinite(value));
  if (known.length < 2) return null;
  const best = better === 'higher' ? Math.max(...known) : Math.min(...known);
  return known.filter((value) => value === best).length === 1 ? values.indexOf(best) : null;
}
