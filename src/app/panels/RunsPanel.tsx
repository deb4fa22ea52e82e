/** All runs: which are on the chart, and what became of them. */
import { FileDown, Play, Trash2 } from 'lucide-react';
import { memo } from 'react';
import { wordOf } from '../../runs/life';
import { composedIn, describeMethodIn } from '../../runs/settings';
import { Swatch } from '../charts/Legend';
import { styleOfRun } from '../charts/palette';
import { formatDuration, formatLoss, formatMainMetric, formatTime } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { isActive, type RunSummary } from '../store/state';
import { PythonButton } from './PythonButton';
import { QueuedActions } from './QueuedActions';

export function RunsPanel() {
  const runs = useStudioState((s) => s.runs);
  const shownRuns = useStudioState((s) => s.shownRuns);
  const order = new Map([...runs].sort((a, b) => a.createdAt - b.createdAt).map(({ id }, i) => [id, i]));
  return (
    <section className="panel" aria-label="Runs">
      <div className="panel-head">
        <h2>Runs</h2>
        <p className="muted">Tick two or more to lay their curves over each other and compare.</p>
      </div>
      {runs.length === 0 ? (
        <p className="empty">
          Every run is kept here with its curve and settings, also when the tab closes in the middle.
        </p>
      ) : (
        <ul className="run-list">
          {runs.map((run) => (
            <RunRow
              key={run.id}
              run={run}
              index={order.get(run.id) ?? 0}
              shown={shownRuns.includes(run.id)}
            />
          ))}
        </ul>
      )}
    </section>
  );
}

interface RunRowProps {
  readonly run: RunSummary;
  readonly index: number;
  readonly shown: boolean;
}

const RunRow = memo(function RunRow({ run, index, shown }: RunRowProps) {
  const studio = useStudio();
  const busy = useStudioState((s) => isActive(s.live));
  const isLive = useStudioState((s) => isActive(s.live) && s.live.runId === run.id);
  const notStored = useStudioState((s) => s.unstored.some(({ runId }) => runId === run.id));
  const { settings, results } = run;
  return (
    <li className="run" aria-label={run.name}>
      <label className="run-name">
        <input type="checkbox" checked={shown} onChange={() => studio.toggleRun(run.id)} />
        <Swatch style={styleOfRun(index)} />
        <span>{run.name}</span>
      </label>
      <span
        className="tag"
        data-tone={
          notStored || run.status === 'failed' || run.status === 'interrupted'
            ? 'warn'
            : run.status === 'finished'
              ? 'good'
              : 'plain'
        }
      >
        {wordOf(run.status)}
        {notStored && ', not stored'}
      </span>
      <span className="run-what">
        {describeMethodIn(settings.method, composedIn(settings))} on {settings.baseModel}, {run.dataset.name},
        lr {settings.learningRate}, batch {settings.batchSize}
      </span>
      <span className="run-figures">
        {results
          ? `${formatMainMetric(run.dataset.task, results.evalMetrics)} · loss ${formatLoss(results.trainLoss)} · ${formatDuration(results.trainRuntimeSeconds)}`
          : `step ${run.step} of ${run.totalSteps || '…'}`}
      </span>
      <span className="muted run-time">{formatTime(run.createdAt)}</span>
      <span className="run-actions">
        {run.status === 'queued' && <QueuedActions run={run} />}
        {run.canResume && !isLive && (
          <button
            type="button"
            className="button small"
            disabled={busy}
            onClick={() => void studio.resume(run.id)}
          >
            <Play size={13} aria-hidden /> Resume
          </button>
        )}
        <PythonButton runId={run.id} />
        <button
          type="button"
          className="icon-button"
          aria-label={`Replay files of ${run.name}`}
          title="Order, initial values and rows, to replay the run in Python"
          onClick={() => void studio.downloadRun(run.id)}
        >
          <FileDown size={16} aria-hidden />
        </button>
        {run.status !== 'queued' && (
          <button
            type="button"
            className="icon-button"
            aria-label={`Delete run ${run.name}`}
            title={notStored ? 'Delete this run with its adapter' : 'Delete this run; its adapter stays'}
            disabled={isLive}
            onClick={() => {
              const adapter = notStored
                ? 'Its adapter is not stored and is deleted with it; download it first if you may want it.'
                : 'Its adapter stays.';
              if (confirm(`Delete the run ${run.name} and its curve? ${adapter}`))
                void studio.deleteRun(run.id);
            }}
          >
            <Trash2 size={16} aria-hidden />
          </button>
        )}
      </span>
    </li>
  );
});
