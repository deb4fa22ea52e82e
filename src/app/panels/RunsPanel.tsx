/** All runs: which are on the chart, what became of them, and the chosen ones side by side. */
import { Eye, EyeOff, FileDown, Play } from 'lucide-react';
import { memo, useMemo } from 'react';
import { type RunStyle, styleOfRun, stylesOf } from '../charts/palette';
import { formatCount, formatDuration, formatLoss, formatPercent, formatTime } from '../format';
import { changesBetween } from '../store/comparison';
import { useStudio, useStudioState } from '../store/context';
import { isActive, type RunSummary } from '../store/state';
import { ComparisonTable } from './ComparisonTable';
import { DeleteButton } from './DeleteButton';
import { Swatch } from './Swatch';

const statusWords: Readonly<Record<RunSummary['status'], string>> = {
  training: 'Training',
  paused: 'Paused',
  interrupted: 'Interrupted',
  finished: 'Finished',
  stopped: 'Stopped',
  failed: 'Failed',
};

const statusTones: Readonly<Record<RunSummary['status'], string>> = {
  training: 'active',
  paused: 'warn',
  interrupted: 'warn',
  finished: 'good',
  stopped: 'plain',
  failed: 'bad',
};

/** Columns of the comparison; more do not fit beside each other, and the curves show them all. */
const maxCompared = 8;

export function RunsPanel() {
  const runs = useStudioState((s) => s.runs);
  const shownRuns = useStudioState((s) => s.shownRuns);
  const styles = useMemo(() => stylesOf(runs), [runs]);
  const compared = useMemo(
    () => shownRuns.flatMap((id) => runs.find((run) => run.id === id) ?? []).slice(-maxCompared),
    [runs, shownRuns],
  );
  return (
    <section className="panel" aria-label="Runs">
      <div className="panel-head">
        <h2>Runs {runs.length > 0 && <span className="head-count">{runs.length}</span>}</h2>
        {runs.length > 1 && <p className="muted">Show two or more to compare them.</p>}
      </div>
      {runs.length === 0 ? (
        <p className="empty">
          Every run is kept here with its curve and settings, also when the tab closes in the middle.
        </p>
      ) : (
        <ul className="run-list">
          {runs.map((run, i) => (
            <RunRow
              key={run.id}
              run={run}
              previous={runs[i + 1]}
              style={styles.get(run.id) ?? styleOfRun(0)}
              shown={shownRuns.includes(run.id)}
            />
          ))}
        </ul>
      )}
      {compared.length >= 2 && (
        <ComparisonTable runs={compared} hidden={shownRuns.length - compared.length} styles={styles} />
      )}
    </section>
  );
}

interface RunRowProps {
  readonly run: RunSummary;
  /** The run before it, to say what was changed since. */
  readonly previous: RunSummary | undefined;
  readonly style: RunStyle;
  readonly shown: boolean;
}

const RunRow = memo(function RunRow({ run, previous, style, shown }: RunRowProps) {
  const studio = useStudio();
  const busy = useStudioState((s) => isActive(s.live));
  const isLive = useStudioState((s) => isActive(s.live) && s.live.runId === run.id);
  // The record of a live run is as old as its last checkpoint.
  const liveStep = useStudioState((s) => (s.live?.runId === run.id ? s.live.progress?.step : undefined));
  const { settings, results } = run;
  const EyeIcon = shown ? Eye : EyeOff;
  return (
    <li className="run" aria-label={run.name} data-shown={shown}>
      <label className="run-name">
        <span className="eye">
          <input
            type="checkbox"
            aria-label={`Show ${run.name}`}
            checked={shown}
            onChange={() => studio.toggleRun(run.id)}
          />
          <EyeIcon size={15} aria-hidden />
        </span>
        <Swatch style={style} />
        <span>{run.name}</span>
      </label>
      <span className="tag" data-tone={statusTones[run.status]}>
        {statusWords[run.status]}
      </span>
      <span className="run-what" title={formatTime(run.createdAt)}>
        {settings.method} · {run.dataset.name}
        <span className="run-changes">{previous ? changesBetween(previous, run) : ''}</span>
      </span>
      <dl className="run-figures">
        {results ? (
          <>
            <Figure name="Accuracy" value={formatPercent(results.evalAccuracy)} />
            <Figure name="Loss" value={formatLoss(results.trainLoss)} />
            <Figure name="Time" value={formatDuration(results.trainRuntimeSeconds)} />
          </>
        ) : (
          <Figure
            name="Step"
            value={`${formatCount(liveStep ?? run.step)} of ${run.totalSteps > 0 ? formatCount(run.totalSteps) : '…'}`}
          />
        )}
      </dl>
      <span className="run-actions">
        {run.status === 'interrupted' && !isLive && (
          <button
            type="button"
            className="button small"
            disabled={busy}
            onClick={() => void studio.resume(run.id)}
          >
            <Play size={12} fill="currentColor" aria-hidden /> Resume
          </button>
        )}
        <button
          type="button"
          className="icon-button"
          aria-label={`Replay files of ${run.name}`}
          title="Replay files: order, initial values and rows, to repeat the run in Python"
          onClick={() => void studio.downloadRun(run.id)}
        >
          <FileDown size={15} aria-hidden />
        </button>
        <DeleteButton
          label={`Delete run ${run.name}`}
          consequence="Its adapter stays."
          disabled={isLive}
          onDelete={() => void studio.deleteRun(run.id)}
        />
      </span>
    </li>
  );
});

function Figure({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}
