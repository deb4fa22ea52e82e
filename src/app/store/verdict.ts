/** Whether a run learned, and what to do next, in plain words. Pure. */
import { type LossCourse, lossCourse, lossOfGuessing } from '../../runs/loss-course';
import { type MetricName, metrics, metricsOfTask, type TaskType } from '../../task';
import { formatCount, formatLoss, formatMainMetric, formatMetric, formatPercent } from '../format';
import type { RunSummary } from './state';

export interface Verdict {
  /** How the card looks: good only where something was learned. */
  readonly tone: 'good' | 'plain' | 'warn';
  readonly title: string;
  /** What an answer that reads no text would get; null where it is not known. */
  readonly baseline: string | null;
  /** What is wrong; null if nothing is, or if the run's own error says it. */
  readonly trouble: string | null;
  readonly nextStep: string | null;
}

const lower = 'Train again with a learning rate ten times smaller, or with warm-up steps.';

/** A rate from here on is rather too high than too low. */
const highRate = 5e-3;

const learnsNothing = ({ settings }: RunSummary) =>
  settings.learningRate >= highRate
    ? lower
    : 'Train again with a learning rate ten times higher, or for more epochs.';

/** @param losses the training loss of its steps, as far as they are known here */
export function verdictOf(run: RunSummary, losses: readonly number[]): Verdict {
  const { results, status, dataset } = run;
  const course = lossCourse(losses, lossOfGuessing(run));
  const told = { title: titleOf(run), baseline: baselineOf(run) };
  const lossWords = lossTrouble(course, run.skippedSteps);
  if (lossWords) return { ...told, tone: 'warn', trouble: lossWords, nextStep: lower };
  if (run.error) return { ...told, tone: 'warn', trouble: null, nextStep: null };
  if (!results)
    return {
      ...told,
      tone: 'plain',
      trouble: null,
      nextStep:
        status === 'stopped'
          ? 'The adapter as it was then is kept: try it, or go on from it with Start from.'
          : null,
    };
  if (!isBetterThanBaseline(run))
    return {
      ...told,
      tone: 'warn',
      trouble: `It does no better than an answer that reads no text: ${formatMainMetric(dataset.task, results.evalMetrics)}.`,
      nextStep: learnsNothing(run),
    };
  if (course.fell === false)
    return {
      ...told,
      tone: 'warn',
      trouble: `The training loss ended no lower than it began, at ${formatLoss(course.last)}.`,
      nextStep: learnsNothing(run),
    };
  return {
    ...told,
    tone: 'good',
    trouble: null,
    nextStep: 'Try it on a sentence of your own.',
  };
}

/** True also where it is not known: an older studio kept no such figure. */
function isBetterThanBaseline({ dataset, results }: RunSummary): boolean {
  const [name] = metricsOfTask[dataset.task];
  const { evalBaseline: baseline, evalMetrics } = results ?? {};
  if (baseline === undefined) return true;
  const value = evalMetrics?.[name] ?? Number.NaN;
  return metrics[name].better === 'higher' ? value > baseline : value < baseline;
}

function titleOf({ name, status, dataset, results, lastEvaluation }: RunSummary): string {
  if (results) {
    const { evalMetrics, evalRows = dataset.validationRows } = results;
    const of =
      evalRows < dataset.validationRows
        ? `${formatCount(evalRows)} of ${formatCount(dataset.validationRows)} validation rows`
        : `${formatCount(evalRows)} validation rows`;
    return dataset.task === 'classification'
      ? `${name}: ${formatPercent(evalMetrics.accuracy ?? Number.NaN)} right on ${of}`
      : `${name}: ${formatMainMetric(dataset.task, evalMetrics)} on ${of}`;
  }
  return lastEvaluation
    ? `${name}: ${status}; ${formatMainMetric(dataset.task, lastEvaluation)} after step ${formatCount(lastEvaluation.step)}`
    : `${name}: ${status}`;
}

const baselineWords: Readonly<Record<TaskType, (name: MetricName, value: number) => string>> = {
  classification: (_, value) => `The majority class alone would get ${formatPercent(value)} right.`,
  multilabel: (name, value) =>
    `The commonest labels, given to every row, would get ${metrics[name].title} ${formatMetric(name, value)}.`,
  regression: (name, value) =>
    `The median, given to every row, would get ${metrics[name].title} ${formatMetric(name, value)}.`,
};

function baselineOf({ dataset, results }: RunSummary): string | null {
  const [name] = metricsOfTask[dataset.task];
  return results?.evalBaseline === undefined ? null : baselineWords[dataset.task](name, results.evalBaseline);
}

/** What went wrong with the loss, in words; null if nothing did. */
function lossTrouble(
  { first, last, highest, notFinite, rose }: LossCourse,
  skippedSteps: number,
): string | null {
  const wrong: string[] = [];
  if (rose && highest > 1.5 * last)
    wrong.push(
      `The training loss rose from ${formatLoss(first)} to ${formatLoss(highest)} on the way and ended at ${formatLoss(last)}.`,
    );
  else if (rose) wrong.push(`The training loss rose, from ${formatLoss(first)} to ${formatLoss(last)}.`);
  const lost = Math.max(notFinite, skippedSteps);
  if (lost > 0)
    wrong.push(
      `In ${lost === 1 ? 'one step' : `${formatCount(lost)} steps`} loss or gradients were not finite numbers; what such a step would have changed was left out.`,
    );
  return wrong.length === 0 ? null : wrong.join(' ');
}
