/** Settings and results of the chosen runs, one column a run. */
import { memo } from 'react';
import { type ComparisonRow, comparedResults, comparedSettings } from '../store/comparison';
import { useMethodTitles } from '../store/method-titles';
import type { RunSummary } from '../store/state';
import { useDraft } from '../store/use-draft';
import { CheckField } from './fields';

interface ComparisonTableProps {
  readonly runs: readonly RunSummary[];
  /** Runs on the chart that the table leaves out. */
  readonly hidden: number;
}

/** A run that trains changes ten times a second; the table waits for its status to change. */
function sameRuns(before: ComparisonTableProps, now: ComparisonTableProps): boolean {
  const same = (run: RunSummary, i: number) =>
    run.id === now.runs[i]!.id && run.status === now.runs[i]!.status;
  return before.hidden === now.hidden && before.runs.length === now.runs.length && before.runs.every(same);
}

export const ComparisonTable = memo(function ComparisonTable({ runs, hidden }: ComparisonTableProps) {
  const [onlyDifferences, setOnlyDifferences] = useDraft('only differences', true);
  const titled = useMethodTitles();
  const all = comparedSettings(runs, titled);
  const settings = onlyDifferences ? all.filter(({ differs, isPartial }) => differs && !isPartial) : all;
  const leftOut = onlyDifferences ? all.filter(({ isPartial }) => isPartial).length : 0;
  return (
    <section className="panel comparison" aria-label="Comparison">
      <div className="panel-head">
        <h2>Comparison</h2>
        {hidden > 0 && (
          <p className="muted">
            The {runs.length} chosen last; {hidden} more are on the chart.
          </p>
        )}
        <CheckField label="Only differences" checked={onlyDifferences} onChange={setOnlyDifferences} />
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it */}
      <section className="table-scroll" aria-label="Table" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">
                <span className="visually-hidden">Setting or result</span>
              </th>
              {runs.map(({ id, name }) => (
                <th scope="col" key={id}>
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <Rows title="Results" rows={comparedResults(runs)} runs={runs} empty="" />
          <Rows title="Settings" rows={settings} runs={runs} empty="These runs have the same settings." />
        </table>
      </section>
      {leftOut > 0 && (
        <p className="muted">
          And {leftOut === 1 ? 'an option' : `${leftOut} options`} that not all of these methods have, shown
          without “Only differences”.
        </p>
      )}
    </section>
  );
}, sameRuns);

interface RowsProps {
  readonly title: string;
  readonly rows: readonly ComparisonRow[];
  readonly runs: readonly RunSummary[];
  readonly empty: string;
}

function Rows({ title, rows, runs, empty }: RowsProps) {
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" colSpan={runs.length + 1} className="group">
          {title}
        </th>
      </tr>
      {rows.length === 0 && (
        <tr>
          <td colSpan={runs.length + 1} className="muted">
            {empty}
          </td>
        </tr>
      )}
      {rows.map(({ name, values, differs }) => (
        <tr key={name} data-differs={differs}>
          <th scope="row">{name}</th>
          {values.map((value, i) => (
            <td key={runs[i]!.id}>{value}</td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}
