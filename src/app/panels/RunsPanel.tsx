/** All runs: which are on the chart, what became of them, and what a person says of them. */
import { useMemo } from 'react';
import { formatCount } from '../format';
import { useStudio, useStudioState } from '../store/context';
import { useMethodTitles } from '../store/method-titles';
import { useRuns } from '../store/present';
import { firstView, groupedRuns, viewedRuns } from '../store/run-view';
import { RunList } from './RunList';
import { RunTools } from './RunTools';
import './runs.css';

export function RunsPanel() {
  const studio = useStudio();
  const runs = useRuns();
  const view = useStudioState((s) => s.runView);
  const titled = useMethodTitles();
  const shown = useMemo(() => viewedRuns(runs, view, titled), [runs, view, titled]);
  const groups = useMemo(() => {
    const named = groupedRuns(shown, view.grouping);
    return view.grouping === 'method'
      ? named.map(({ title, runs: members }) => ({ title: title && titled(title), runs: members }))
      : named;
  }, [shown, view.grouping, titled]);
  return (
    <section className="panel" aria-label="Runs">
      <div className="panel-head">
        <h2>Runs</h2>
        <p className="muted">Tick two or more to lay their curves over each other and compare.</p>
      </div>
      {runs.length > 0 && <RunTools runs={runs} view={view} />}
      <p className="run-count muted" aria-live="polite">
        {shown.length < runs.length && `${formatCount(shown.length)} of ${formatCount(runs.length)} runs`}
      </p>
      {runs.length === 0 && (
        <p className="empty">
          Every run is kept here with its curve and settings, also when the tab closes in the middle.
        </p>
      )}
      {runs.length > 0 && shown.length === 0 && (
        <p className="empty">
          No run is like that.{' '}
          <button
            type="button"
            className="text-button"
            onClick={() => studio.setRunView({ search: '', filters: firstView.filters, showsArchived: true })}
          >
            Show all runs
          </button>
        </p>
      )}
      {shown.length > 0 && <RunList groups={groups} columns={view.columns} />}
    </section>
  );
}
