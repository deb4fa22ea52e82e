/** The curves of the chosen runs: loss, validation loss, the task's figure; as charts, a sentence, a table. */
import { FileDown } from 'lucide-react';
import { useMemo, useState } from 'react';
import { type MetricName, metrics } from '../../task';
import { type ChartLine, LineChart } from '../charts/LineChart';
import { type RunStyle, styleOfRun } from '../charts/palette';
import { describeTrend, type RunLines } from '../charts/run-lines';
import { useRunLines } from '../charts/use-run-lines';
import { formatDuration, formatLoss, formatMetric } from '../format';
import { useStudio, useStudioState } from '../store/context';
import type { Axis } from '../store/state';
import { CheckField } from './fields';

const axisWords: Readonly<Record<Axis, string>> = { step: 'Step', epoch: 'Epoch', time: 'Time' };

export function LossPanel() {
  const studio = useStudio();
  const { axis, smoothing, logScale } = useStudioState((s) => s.chart);
  const runs = useStudioState((s) => s.runs);
  const lines = useRunLines();
  const [asTable, setAsTable] = useState(false);
  const styles = useMemo(
    () =>
      new Map([...runs].sort((a, b) => a.createdAt - b.createdAt).map(({ id }, i) => [id, styleOfRun(i)])),
    [runs],
  );
  const loss = useMemo(() => lossLines(lines, styles, smoothing), [lines, styles, smoothing]);
  const figures = useMemo(() => metricLines(lines, styles), [lines, styles]);
  const hasPoints = lines.some(({ raw, metricPoints }) => raw.length > 0 || metricPoints.length > 0);
  const formatX = formatters[axis];
  return (
    <section className="panel" aria-label="Loss">
      <div className="panel-head">
        <h2>Loss</h2>
        <div className="chart-options">
          <label>
            Smoothing
            <input
              type="range"
              min={0}
              max={0.98}
              step={0.02}
              value={smoothing}
              aria-valuetext={smoothing.toFixed(2)}
              onChange={(event) => studio.setChart({ smoothing: Number(event.target.value) })}
            />
          </label>
          <label>
            Axis
            <select value={axis} onChange={(event) => studio.setChart({ axis: event.target.value as Axis })}>
              {Object.entries(axisWords).map(([value, word]) => (
                <option key={value} value={value}>
                  {word}
                </option>
              ))}
            </select>
          </label>
          <CheckField
            label="Log scale"
            checked={logScale}
            onChange={(checked) => studio.setChart({ logScale: checked })}
          />
          <CheckField label="As table" checked={asTable} onChange={setAsTable} />
          {hasPoints && (
            <button
              type="button"
              className="button small"
              title="Every step of the curves, as CSV for a spreadsheet"
              onClick={() => studio.downloadNumbers()}
            >
              <FileDown size={13} aria-hidden /> Download numbers
            </button>
          )}
        </div>
      </div>
      {hasPoints ? (
        <>
          <Legend lines={lines} styles={styles} />
          {asTable ? (
            <PointsTable lines={lines} axis={axisWords[axis]} formatX={formatX} />
          ) : (
            <div className="charts">
              <LineChart
                lines={loss}
                label="Training and validation loss"
                axisLabel={axisWords[axis]}
                wholeX={axis === 'step'}
                logScale={logScale}
                formatX={formatX}
                formatY={formatShortLoss}
                height={280}
              />
              {figures.map(({ metric, lines: ofMetric }) => (
                <div key={metric}>
                  <h3 className="chart-title">Validation {metrics[metric].title}</h3>
                  <LineChart
                    lines={ofMetric}
                    label={`Validation ${metrics[metric].title}`}
                    axisLabel={axisWords[axis]}
                    wholeX={axis === 'step'}
                    formatX={formatX}
                    formatY={metricFormatters[metric]}
                    height={150}
                  />
                </div>
              ))}
            </div>
          )}
          <p className="visually-hidden">{lines.map(describeTrend).join(' ')}</p>
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
}

/** One function a figure, so that a chart is not drawn again for a new one; no line break within a label of an axis. */
const metricFormatters = Object.fromEntries(
  (Object.keys(metrics) as MetricName[]).map((name) => [
    name,
    (value: number) => formatMetric(name, value).replace(' ', '\u00a0'),
  ]),
) as Readonly<Record<MetricName, (value: number) => string>>;

const formatShortLoss = (loss: number) => loss.toFixed(3);

const formatters: Readonly<Record<Axis, (x: number) => string>> = {
  step: (x) => String(Math.round(x)),
  epoch: (x) => x.toFixed(1),
  time: formatDuration,
};

/** The same run lines give the same chart lines, so that unchanged paths are not drawn again. */
const lossLinesKnown = new WeakMap<RunLines, readonly ChartLine[]>();

function lossLines(
  lines: readonly RunLines[],
  styles: ReadonlyMap<string, RunStyle>,
  smoothing: number,
): readonly ChartLine[] {
  return lines.flatMap((runLines): readonly ChartLine[] => {
    const { run, raw, smoothed, validationLoss } = runLines;
    const style = styles.get(run.id) ?? styleOfRun(0);
    const before = lossLinesKnown.get(runLines);
    if (before?.at(-1)?.style === style) return before;
    const made: ChartLine[] = [
      ...(smoothing > 0
        ? [{ key: `${run.id} raw`, name: run.name, points: raw, style, look: 'faint' as const }]
        : []),
      { key: `${run.id} loss`, name: `${run.name}, training`, points: smoothed, style, look: 'line' },
      {
        key: `${run.id} validation`,
        name: `${run.name}, validation`,
        points: validationLoss,
        style,
        look: 'points',
      },
    ];
    lossLinesKnown.set(runLines, made);
    return made;
  });
}

/** Runs of different tasks have different figures: a chart for each. */
function metricLines(
  lines: readonly RunLines[],
  styles: ReadonlyMap<string, RunStyle>,
): readonly { readonly metric: MetricName; readonly lines: readonly ChartLine[] }[] {
  const names = [...new Set(lines.map(({ metric }) => metric))];
  return names.map((name) => ({
    metric: name,
    lines: lines
      .filter(({ metric }) => metric === name)
      .map(({ run, metricPoints }) => ({
        key: run.id,
        name: run.name,
        points: metricPoints,
        style: styles.get(run.id) ?? styleOfRun(0),
        look: 'points',
      })),
  }));
}

function Legend({
  lines,
  styles,
}: {
  readonly lines: readonly RunLines[];
  readonly styles: ReadonlyMap<string, RunStyle>;
}) {
  return (
    <ul className="legend" aria-label="Runs on the chart">
      {lines.map(({ run }) => (
        <li key={run.id}>
          <Swatch style={styles.get(run.id) ?? styleOfRun(0)} /> {run.name}
        </li>
      ))}
      <li className="muted">line: training, dots: validation</li>
    </ul>
  );
}

export function Swatch({ style }: { readonly style: RunStyle }) {
  return (
    <svg className="swatch" width="22" height="8" aria-hidden>
      <line x1="1" y1="4" x2="21" y2="4" stroke={style.colour} strokeWidth="3" strokeDasharray={style.dash} />
    </svg>
  );
}

interface PointsTableProps {
  readonly lines: readonly RunLines[];
  readonly axis: string;
  readonly formatX: (x: number) => string;
}

/** Every evaluation and about twenty points of each training curve. */
function PointsTable({ lines, axis, formatX }: PointsTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <section className="table-scroll" aria-label="Points of the curves" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">{axis}</th>
            <th scope="col">Training loss (smoothed)</th>
            <th scope="col">Validation loss</th>
            <th scope="col">Validation figure</th>
          </tr>
        </thead>
        <tbody>
          {lines.flatMap(({ run, smoothed, validationLoss, metric, metricPoints }) => {
            const every = Math.max(1, Math.floor(smoothed.length / 20));
            const training = smoothed.filter((_, i) => i % every === 0 || i === smoothed.length - 1);
            const rows = [
              ...training.map(({ x, y }) => ({ x, cells: [formatLoss(y), '', ''] })),
              ...validationLoss.map(({ x, y }, i) => ({
                x,
                cells: [
                  '',
                  formatLoss(y),
                  `${metrics[metric].title} ${formatMetric(metric, metricPoints[i]?.y)}`,
                ],
              })),
            ].sort((a, b) => a.x - b.x);
            return rows.map(({ x, cells }) => (
              <tr key={`${run.id} ${x} ${cells.join()}`}>
                <th scope="row">{run.name}</th>
                <td>{formatX(x)}</td>
                <td>{cells[0]}</td>
                <td>{cells[1]}</td>
                <td>{cells[2]}</td>
              </tr>
            ));
          })}
        </tbody>
      </table>
    </section>
  );
}
