/** What can be drawn of a run, and in which words its values are told. */
import { type MetricName, metrics } from '../../task';
import { formatMetric, formatNumber, formatRate } from '../format';

export const measures = {
  loss: 'Training loss',
  validationLoss: 'Validation loss',
  metric: 'Validation figure',
  learningRate: 'Learning rate',
  gradientNorm: 'Gradient norm',
  samplesPerSecond: 'Samples per second',
} as const;

export type MeasureId = keyof typeof measures;

export const measureIds = Object.keys(measures) as readonly MeasureId[];

/** What one looks at first; the others are a click further. */
export const firstMeasures: readonly MeasureId[] = ['loss', 'validationLoss', 'metric'];

/** Four places of what is about one, as losses are; four digits of what is far from it. */
const formatFigure = (value: number) =>
  Math.abs(value) >= 0.1 && Math.abs(value) < 1000 ? value.toFixed(4) : formatNumber(value);

/** One function a figure, so that a chart is not drawn again for a new one; no line break within a label. */
const metricFormatters = Object.fromEntries(
  (Object.keys(metrics) as MetricName[]).map((name) => [
    name,
    (value: number) => formatMetric(name, value).replace(' ', '\u00a0'),
  ]),
) as Readonly<Record<MetricName, (value: number) => string>>;

/** `metric` is the task's figure. */
export function formatterOf(measure: MeasureId, metric: MetricName): (value: number) => string {
  switch (measure) {
    case 'metric':
      return metricFormatters[metric];
    case 'learningRate':
      return formatNumber;
    case 'samplesPerSecond':
      return formatRate;
    default:
      return formatFigure;
  }
}
