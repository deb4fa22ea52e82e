/** Settings and results of the chosen runs, one column a run. */
import { memo, useState } from 'react';
import { type RunStyle, styleOfRun } from '../charts/palette';
import { type ComparisonRow, resultRows, settingRows } from '../store/comparison';
import type { RunSummary } from '../store/state';
import { CheckField } from './fields';
import { Swatch } from './Swatch';

interface ComparisonTableProps {
  readonly runs: readonly RunSummary[];
  /** Runs on the chart that the table leaves out. */
  readonly hidden: number;
  readonly styles: ReadonlyMap<string, RunStyle>;
}

export const ComparisonTable = memo(function ComparisonTable({ runs, hidden, styles }: ComparisonTableProps) {
  const [onlyDifferences, setOnlyDifferences] = useState(true);
  const settings = settingRows(runs).filter(({ differs }) => differs || !onlyDifferences);
  return (
    <section className="comparison" aria-label="Comparison">
      <div className="panel-head">
        <h3>Comparison</h3>
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
              <th scope="col" />
              {runs.map(({ id, name }) => (
                <th scope="col" key={id}>
                  <Swatch style={styles.get(id) ?? styleOfRun(0)} /> {name}
                </th>
              ))}
            </tr>
          </thead>
          <Rows title="Settings" rows={settings} runs={runs} empty="These runs have the same settings." />
          <Rows title="Results" rows={resultRows(runs)} runs={runs} empty="" />
        </table>
      </section>
    </section>
  );
});

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
      {rows.map(({ name, values, differs, best }) => (
        <tr key={name} data-differs={differs}>
          <th scope="row">{name}</th>
          {values.map((value, i) => (
            <td key={runs[i]!.id} data-best={best === i}>
              {value}
            </td>
          ))}
        </tr>
      ))}
    </tbody>
  );
}
