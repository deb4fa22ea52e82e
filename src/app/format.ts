/** Numbers as a person reads them. */
import type { Prediction } from '../protocol/types';
import { figureInWords } from '../runs/setting';
import { isWhole, timesOf, totalSeconds } from '../runs/times';
import { type MetricName, type MetricValues, metrics, metricsOfTask, type TaskType } from '../task';

const grouped = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

/** Whole numbers in groups of three, so that `2,141,601,149,692,800` FLOPs stay readable. */
export const formatCount = (n: number) => grouped.format(n);

/** Seconds as `0.8 s`, `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long a run has taken; of one that an older studio began only the training steps are known. */
export function formatRunTime(run: Parameters<typeof timesOf>[0]): string {
  const times = timesOf(run);
  return `${formatDuration(totalSeconds(times))}${isWhole(times) ? '' : ' of training'}`;
}

/** A rate with three significant digits. */
export function formatRate(perSecond: number): string {
  if (!Number.isFinite(perSecond) || perSecond <= 0) return '–';
  return perSecond >= 100 ? formatCount(perSecond) : perSecond.toPrecision(3);
}

export const formatLoss = (loss: number) => (Number.isFinite(loss) ? loss.toFixed(4) : '–');
export const formatPercent = (share: number) =>
  Number.isFinite(share) ? `${(100 * share).toFixed(1)} %` : '–';

/** A predicted or labelled number: four digits, or all before the point as far as float32 knows them. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digitsBeforePoint = Math.ceil(Math.log10(Math.abs(value) + 1));
  return String(Number(value.toPrecision(Math.min(7, Math.max(4, digitsBeforePoint)))));
}

/** A share in percent, any other figure as a number. */
export function formatMetric(name: MetricName, value: number | undefined): string {
  if (value === undefined) return '–';
  return metrics[name].isShare ? formatPercent(value) : formatNumber(value);
}

/** The task's first figure in words: `accuracy 88.6 %`. */
export function formatMainMetric(task: TaskType, values: MetricValues): string {
  const [name] = metricsOfTask[task];
  return `${metrics[name].title} ${formatMetric(name, values[name])}`;
}

/** A prediction in a few words: the best class, the labels that are given, or the number. */
export function formatAnswer({ task, labels }: Prediction): string {
  const withScore = ({ label, score }: Prediction['labels'][number]) => `${label} ${formatPercent(score)}`;
  switch (task) {
    case 'classification': {
      const best = Math.max(...labels.map(({ score }) => score));
      return withScore(labels.find(({ score }) => score === best)!);
    }
    case 'multilabel':
      return (
        labels
          .filter(({ score }) => score >= 0.5)
          .map(withScore)
          .join(', ') || 'none of its labels'
      );
    case 'regression':
      return labels.map(({ score }) => formatNumber(score)).join(', ');
    default:
      return task satisfies never;
  }
}

/** As the start of a label. */
export const capitalized = (words: string) => words.charAt(0).toUpperCase() + words.slice(1);

export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  if (bytes < 1e6) return `${(bytes / 1e3).toFixed(0)} kB`;
  if (bytes < 1e9) return `${(bytes / 1e6).toFixed(1)} MB`;
  return `${(bytes / 1e9).toFixed(2)} GB`;
}

export function formatTime(timestamp: number): string {
  return new Intl.DateTimeFormat('en', { dateStyle: 'medium', timeStyle: 'short' }).format(timestamp);
}

/** A setting's value in a table. */
export function formatValue(value: unknown): string {
  if (typeof value === 'number') return figureInWords(value);
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'boolean') return value ? 'on' : 'off';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ');
  return String(value);
}
