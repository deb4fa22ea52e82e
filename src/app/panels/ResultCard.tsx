/** The figures of the run that ended last, as the reference run prints them, and what to do next. */

import { exportFormats } from '../../protocol/types';
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
  if (!run) return null;
  const { results } = run;
  return (
    <section className="panel result" aria-label="Result">
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
          {run.canResume && ' It can go on from its last checkpoint: see Runs.'}
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
          <a className="button primary" href="#try-it">
            Try a sentence
          </a>
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

function titleOf(task: TaskType, values: MetricValues): string {
  return task === 'classification'
    ? `${formatPercent(values.accuracy ?? Number.NaN)} of the validation rows right`
    : `${formatMainMetric(task, values)} on the validation rows`;
}
