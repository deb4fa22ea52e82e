/** What labels are, and the figures that tell how well a model gives them. Known to data, training and page alike. */

/** One of several classes, any number of several labels, or one real number. */
export type TaskType = 'classification' | 'multilabel' | 'regression';

export type MetricName = 'accuracy' | 'macroF1' | 'microF1' | 'exactMatch' | 'mse' | 'mae' | 'pearson';

/** Those of one task. What cannot be told is left out: the correlation with a constant, for one. */
export type MetricValues = Readonly<Partial<Record<MetricName, number>>>;

interface Metric {
  /** As it reads within a sentence. */
  readonly title: string;
  /** A share is shown in percent. */
  readonly isShare: boolean;
  readonly better: 'higher' | 'lower';
}

export const metrics: Readonly<Record<MetricName, Metric>> = {
  accuracy: { title: 'accuracy', isShare: true, better: 'higher' },
  macroF1: { title: 'macro F1', isShare: true, better: 'higher' },
  microF1: { title: 'micro F1', isShare: true, better: 'higher' },
  exactMatch: { title: 'exact match', isShare: true, better: 'higher' },
  mse: { title: 'mean squared error', isShare: false, better: 'lower' },
  mae: { title: 'mean absolute error', isShare: false, better: 'lower' },
  pearson: { title: 'Pearson r', isShare: false, better: 'higher' },
};

/** The first one is what charts and lists show. */
export const metricsOfTask: Readonly<Record<TaskType, readonly [MetricName, ...MetricName[]]>> = {
  classification: ['accuracy', 'macroF1'],
  multilabel: ['microF1', 'macroF1', 'exactMatch'],
  regression: ['mae', 'mse', 'pearson'],
};

const metricNames = Object.keys(metrics) as readonly MetricName[];

/** The figures alone, of a record that has other fields beside them. */
export function metricsOf(record: MetricValues): MetricValues {
  return Object.fromEntries(
    metricNames.flatMap((name) => (record[name] === undefined ? [] : [[name, record[name]]])),
  );
}

/** Numbers that stand for one row's label: a class index, 0 or 1 for each label, or the number itself. */
export function targetsPerRow(task: TaskType, labels: number): number {
  return task === 'multilabel' ? labels : 1;
}
