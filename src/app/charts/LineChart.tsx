/** One live line chart: lines and points of several runs on shared axes. Knows nothing of training. */
import { memo, useMemo, useState } from 'react';
import { ChartFrame, type PlotArea } from './ChartFrame';
import type { Point } from './decimate';
import { niceTicks, valueRange } from './domain';
import { LineLayer } from './LineLayer';
import type { RunStyle } from './palette';
import { Readout } from './Readout';

export interface ChartLine {
  readonly key: string;
  readonly name: string;
  readonly points: readonly Point[];
  readonly style: RunStyle;
  /** Faint lines stand behind the others and are not named in the readout. */
  readonly look: 'line' | 'faint' | 'points';
  /** Lines that still grow are drawn on a layer of their own, so that the finished ones are painted once. */
  readonly growing: boolean;
}

interface LineChartProps {
  readonly lines: readonly ChartLine[];
  readonly label: string;
  readonly axisLabel: string;
  readonly logScale?: boolean;
  /** The axis counts something: only whole numbers are marked. */
  readonly wholeX: boolean;
  /** The axis goes from 0 to here. */
  readonly xMax: number;
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
  readonly height: number;
}

const emptyRange = { min: 0, max: 1 };

export const LineChart = memo(function LineChart({
  lines,
  label,
  axisLabel,
  logScale = false,
  wholeX,
  xMax,
  formatX,
  formatY,
  height,
}: LineChartProps) {
  const [area, setArea] = useState<PlotArea | null>(null);
  const { x, y, yTicks } = useMemo(() => {
    const points = lines.map((line) => line.points);
    const ticks = niceTicks(valueRange(points) ?? emptyRange, { logScale });
    return {
      x: { min: 0, max: xMax || 1 },
      y: { min: ticks[0]!, max: ticks.at(-1)! },
      yTicks: ticks,
    };
  }, [lines, logScale, xMax]);
  const settled = useMemo(() => lines.filter(({ growing }) => !growing), [lines]);
  const growing = useMemo(() => lines.filter((line) => line.growing), [lines]);
  const place = area && { ...area, xMin: x.min, xMax: x.max, yMin: y.min, yMax: y.max, logScale };
  return (
    <div className="chart" style={{ height }} role="img" aria-label={label}>
      <ChartFrame
        xMin={x.min}
        xMax={x.max}
        yTicks={yTicks.join(' ')}
        logScale={logScale}
        wholeX={wholeX}
        formatX={formatX}
        formatY={formatY}
        onArea={setArea}
      />
      {place && (
        <>
          <div data-testid="lines">
            <LineLayer lines={settled} {...place} />
            <LineLayer lines={growing} {...place} />
          </div>
          <Readout lines={lines} place={place} axisLabel={axisLabel} formatX={formatX} formatY={formatY} />
        </>
      )}
    </div>
  );
});
