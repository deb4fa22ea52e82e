/** The figures of the run that ended last, as the reference run prints them, and what to do next. */

import { TriangleAlert } from 'lucide-react';
import { exportFormats } from '../../protocol/types';
import { type LossCourse, lossCourse, lossOfGuessing } from '../../runs/loss-course';
import { runComputedOn } from '../../runs/record';
import { type MetricValues, metrics, metricsOfTask, type TaskType } from '../../task';
import {
  formatCount,
  formatDuration,
  formatLoss,
  formatMainMetric,
  formatMetric,
  formatPercent,
  formatRate,
} from '../format';
import { LinkTo } from '../frame/LinkTo';
import { useStudio, useStudioState } from '../store/context';
import { isActive } from '../store/state';
import { Stat } from './RunBar';

export function ResultCard() {
  const studio = useStudio();
  const run = useStudioState((s) =>
    isActive(s.live) ? undefined : s.runs.find(({ id }) => id === s.live?.runId),
  );
  const adapter = useStudioState((s) => s.adapters.find(({ id }) => id === run?.adapterId));
  const format = adapter && exportFormats.find((id) => adapter.exports[id] === null);
  // The series are outside the state; their version says when to look.
  useStudioState((s) => s.seriesVersion);
  if (!run) return null;
  const { results } = run;
  const trouble = lossTrouble(
    lossCourse(studio.series.get(run.id)?.losses ?? [], lossOfGuessing(run)),
    run.skippedSteps,
  );
  return (
    <section className="panel result" aria-label="Result" data-trouble={trouble !== null}>
      <div className="panel-head">
        <h2>
          {run.name}: {results ? titleOf(run.dataset.task, results.evalMetrics) : run.status}
        </h2>
        <p className="muted">
          {runComputedOn(run)}
          {run.bitExact ? '' : ', not bit-exact'}
          {run.skippedSteps > 0 ? `, ${run.skippedSteps} steps skipped` : ''}
        </p>
      </div>
      {run.error && (
        <p className="field-problem">
          {run.error.message} {run.error.hint}
          {run.canResume && (
            <>
              {' '}
              It can go on from its last checkpoint: see <LinkTo place="compare">Runs</LinkTo>.
            </>
          )}
        </p>
      )}
      {trouble && (
        <p className="result-trouble">
          <TriangleAlert size={14} aria-hidden /> {trouble}
        </p>
      )}
      {results && (
        <dl className="stats">
          <Stat name="Global step" value={String(results.globalStep)} />
          <Stat name="Train loss" value={formatLoss(results.trainLoss)} />
          <Stat name="Runtime" value={formatDuration(results.trainRuntimeSeconds)} />
          <Stat name="Samples/s" value={formatRate(results.trainSamplesPerSecond)} />
          <Stat name="Steps/s" value={formatRate(results.trainStepsPerSecond)} />
          <Stat name="Total FLOPs" value={formatCount(results.totalFlos)} />
          <Stat name="Eval loss" value={formatLoss(results.evalLoss)} />
          {metricsOfTask[run.dataset.task].map((name) => (
            <Stat
              key={name}
              name={`Eval ${metrics[name].title}`}
              value={formatMetric(name, results.evalMetrics[name])}
            />
          ))}
        </dl>
      )}
      {adapter && (
        <div className="actions">
          <LinkTo place="use" className="button primary">
            Try a sentence
          </LinkTo>
          {format && (
            <button
              type="button"
              className="button"
              onClick={() => void studio.downloadAdapter(adapter.id, format)}
            >
              Download the {format === 'merged' ? 'model' : 'adapter'}
            </button>
          )}
        </div>
      )}
    </section>
  );
}

/** What went wrong with the loss and what to try, in words; null if nothing did. */
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
  if (wrong.length === 0) return null;
  return `${wrong.join(' ')} Train again with a learning rate ten times smaller, or with warm-up steps.`;
}

function titleOf(task: TaskType, values: MetricValues): string {
  return task === 'classification'
    ? `${formatPercent(values.accuracy ?? Number.NaN)} of the validation rows right`
    : `${formatMainMetric(task, values)} on the validation rows`;
}
