/** The curves of the chosen runs: as charts, a sentence, a table. */
import { useMemo, useState } from 'react';
import { curvesOf } from '../charts/curve-lines';
import { LineChart } from '../charts/LineChart';
import { stylesOf } from '../charts/palette';
import { describeTrend } from '../charts/run-lines';
import { useRunLines } from '../charts/use-run-lines';
import { formatAccuracy, formatAxisLoss, formatDuration, formatSmall } from '../format';
import { useStudioState } from '../store/context';
import { type Axis, isActive } from '../store/state';
import { axisWords, ChartOptions } from './ChartOptions';
import { CurveLegend } from './CurveLegend';
import { NoCurve } from './NoCurve';
import { PointsTable } from './PointsTable';

const formatters: Readonly<Record<Axis, (x: number) => string>> = {
  step: (x) => String(Math.round(x)),
  epoch: (x) => String(Number(x.toFixed(2))),
  time: formatDuration,
};

export function LossPanel() {
  const { axis, smoothing, logScale } = useStudioState((s) => s.chart);
  const runs = useStudioState((s) => s.runs);
  const liveRunId = useStudioState((s) => (isActive(s.live) ? s.live.runId : null));
  const lines = useRunLines();
  const [asTable, setAsTable] = useState(false);
  const styles = useMemo(() => stylesOf(runs), [runs]);
  const curves = useMemo(
    () => curvesOf(lines, { styles, smoothing, liveRunId }),
    [lines, styles, smoothing, liveRunId],
  );
  const hasPoints = lines.some(({ raw, accuracy }) => raw.length > 0 || accuracy.length > 0);
  const shared = {
    axisLabel: axisWords[axis],
    formatX: formatters[axis],
    wholeX: axis === 'step',
    xMax: curves.xMax,
  };
  const small = { ...shared, height: 132 };
  return (
    <section className="panel" aria-label="Loss">
      <div className="panel-head">
        <h2>Loss</h2>
        <ChartOptions asTable={asTable} onAsTable={setAsTable} />
      </div>
      {!hasPoints && <NoCurve waiting={lines.length > 0} />}
      {hasPoints && (
        <>
          <CurveLegend lines={lines} styles={styles} />
          {asTable ? (
            <PointsTable lines={lines} axis={axisWords[axis]} formatX={formatters[axis]} />
          ) : (
            <div className="charts">
              <LineChart
                {...shared}
                lines={curves.loss}
                label="Training and validation loss"
                logScale={logScale}
                formatY={formatAxisLoss}
                height={300}
              />
              <div className="small-charts">
                <figure>
                  <figcaption>Validation accuracy</figcaption>
                  <LineChart
                    {...small}
                    lines={curves.accuracy}
                    label="Validation accuracy"
                    formatY={formatAccuracy}
                  />
                </figure>
                <figure>
                  <figcaption>Gradient norm</figcaption>
                  <LineChart
                    {...small}
                    lines={curves.gradientNorm}
                    label="Gradient norm"
                    formatY={formatSmall}
                  />
                </figure>
                <figure>
                  <figcaption>Learning rate</figcaption>
                  <LineChart
                    {...small}
                    lines={curves.learningRate}
                    label="Learning rate"
                    formatY={formatSmall}
                  />
                </figure>
              </div>
            </div>
          )}
          <p className="visually-hidden">{lines.map(describeTrend).join(' ')}</p>
        </>
      )}
    </section>
  );
}
