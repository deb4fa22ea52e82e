/** The curves of the chosen runs: loss, the task's figure and what else is asked for; as charts, in sentences, as a table. */
import { lazy, memo, type ReactNode, Suspense, useCallback, useEffect } from 'react';
import { ActionButton } from '../actions/ActionButton';
import { perform } from '../actions/action';
import { chooseCharts, downloadNumbers, logScale } from '../actions/page-actions';
import { chartSpecs } from '../charts/chart-specs';
import type { Range } from '../charts/curve';
import { ExportMenu, exportedCharts } from '../charts/ExportMenu';
import { evaluatedRowsNotes } from '../charts/evaluated-rows';
import { Legend } from '../charts/Legend';
import { layOut } from '../charts/layout';
import { Menu } from '../charts/Menu';
import { measureIds, measures } from '../charts/measures';
import { PointsTable } from '../charts/PointsTable';
import { axisTitle, placeWords } from '../charts/place-words';
import { type ShownRuns, useRunLines } from '../charts/use-run-lines';
import { ZoomButtons } from '../charts/ZoomButtons';
import { useStudio, useStudioState } from '../store/context';
import type { Axis, StudioState } from '../store/state';
import { useDraft } from '../store/use-draft';
import { CheckField } from './fields';

/** The library that draws is a third of the page's script: the form is there before it, and it before the first step. */
const loadCharts = () => import('../charts/Charts');
const Charts = lazy(loadCharts);

export function LossPanel() {
  useEffect(() => {
    // What fails here fails again, and is told, where it is drawn.
    loadCharts().catch(() => {});
  }, []);
  return <Curves {...useRunLines()} />;
}

/** Apart from what listens to every report of a run: it draws when there are other lines to draw. */
const Curves = memo(function Curves({ lines, styles }: ShownRuns) {
  const chart = useStudioState((s) => s.chart);
  const [asTable, setAsTable] = useDraft('curves as table', false);
  const [hidden, setHidden] = useDraft<ReadonlySet<string>>('hidden runs', new Set());
  const [asked, setZoom] = useZoom(chart.axis);
  const seenLines = lines.filter(({ run }) => !hidden.has(run.id));
  const specs = chartSpecs(seenLines, styles, chart.measures);
  const layout = layOut(specs, chart.axis, asked, chart.logScale);
  const { all, zoom, seen } = layout;
  const hasPoints = lines.some((ofRun) => ofRun.hasPoints);
  const isTimed = seenLines.every((ofRun) => ofRun.isTimed);
  return (
    <section className="panel curves" aria-label="Loss">
      <div className="panel-head">
        <h2>Loss</h2>
        <ChartOptions chart={chart} asTable={asTable} onAsTable={setAsTable}>
          {hasPoints && (
            <>
              <ExportMenu
                charts={() =>
                  exportedCharts(layout, seenLines, styles, chart.axis, axisTitle(chart.axis, isTimed))
                }
              />
              <ActionButton action={downloadNumbers} of={undefined} look="small" />
            </>
          )}
        </ChartOptions>
      </div>
      {hasPoints ? (
        <>
          <div className="chart-tools">
            <Legend runs={lines.map(({ run }) => run)} styles={styles} hidden={hidden} onHide={setHidden} />
            {all && <ZoomButtons all={all} zoom={zoom} onZoom={setZoom} />}
          </div>
          {specs.length === 0 && <p className="empty">Choose under Charts what to draw.</p>}
          {seenLines.length === 0 && (
            <p className="empty">All runs are hidden. A name above shows its run.</p>
          )}
          {seenLines.length > 0 && asTable && (
            <PointsTable
              lines={seenLines}
              shown={chart.measures}
              isSmoothed={chart.smoothing > 0}
              placeTitle={axisTitle(chart.axis, isTimed)}
              places={seen}
              formatPlace={placeWords[chart.axis].format}
            />
          )}
          {chart.measures.some((measure) => measure === 'validationLoss' || measure === 'metric') &&
            evaluatedRowsNotes(seenLines.map(({ run }) => run)).map((note) => (
              <p key={note} className="muted">
                {note}
              </p>
            ))}
          {seenLines.length > 0 && !asTable && (
            <Suspense fallback={<div className="charts-coming" />}>
              <Charts layout={layout} axis={chart.axis} isTimed={isTimed} onZoom={setZoom} />
            </Suspense>
          )}
        </>
      ) : (
        <p className="empty">
          {lines.length > 0
            ? 'The curve begins with the first step.'
            : 'Click Train: the training loss of every step is drawn here while it runs, and the validation results after each epoch.'}
        </p>
      )}
    </section>
  );
});

/** A part of one axis says nothing of another. */
function useZoom(axis: Axis): readonly [zoom: Range | null, onZoom: (places: Range | null) => void] {
  const [zoom, setZoom] = useDraft<{ readonly axis: Axis; readonly places: Range } | null>('zoom', null);
  // The same function for the same axis, so that charts are not drawn again for it.
  const onZoom = useCallback((places: Range | null) => setZoom(places && { axis, places }), [axis, setZoom]);
  return [zoom?.axis === axis ? zoom.places : null, onZoom];
}

interface ChartOptionsProps {
  readonly chart: StudioState['chart'];
  readonly asTable: boolean;
  readonly onAsTable: (asTable: boolean) => void;
  readonly children: ReactNode;
}

function ChartOptions({ chart, asTable, onAsTable, children }: ChartOptionsProps) {
  const studio = useStudio();
  return (
    <div className="chart-options">
      <label>
        Smoothing
        <input
          type="range"
          min={0}
          max={0.98}
          step={0.02}
          value={chart.smoothing}
          aria-valuetext={chart.smoothing.toFixed(2)}
          onChange={(event) => studio.setChart({ smoothing: Number(event.target.value) })}
        />
      </label>
      <label>
        Axis
        <select
          value={chart.axis}
          onChange={(event) => studio.setChart({ axis: event.target.value as Axis })}
        >
          {Object.entries(placeWords).map(([value, { title }]) => (
            <option key={value} value={value}>
              {title}
            </option>
          ))}
        </select>
      </label>
      <CheckField
        label={useStudioState((s) => logScale.label(s))}
        checked={chart.logScale}
        onChange={() => perform(logScale, studio, undefined)}
      />
      <CheckField label="As table" checked={asTable} onChange={onAsTable} />
      <Menu id="charts" action={chooseCharts}>
        {() =>
          measureIds.map((id) => (
            <CheckField
              key={id}
              label={measures[id]}
              checked={chart.measures.includes(id)}
              onChange={(checked) =>
                studio.setChart({
                  measures: measureIds.filter((m) => (m === id ? checked : chart.measures.includes(m))),
                })
              }
            />
          ))
        }
      </Menu>
      {children}
    </div>
  );
}
