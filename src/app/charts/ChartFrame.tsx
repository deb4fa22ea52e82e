/**
 * Axes and grid of a chart, by recharts. The lines are drawn over it by `LineLayer`: recharts' own `Line` costs
 * milliseconds each at every redraw, and twenty runs that stream would freeze the page.
 */
import { memo, useEffect } from 'react';
import { CartesianGrid, ComposedChart, ResponsiveContainer, usePlotArea, XAxis, YAxis } from 'recharts';
import { niceTicks } from './domain';

/** Where the lines go, in CSS pixels of the chart. */
export interface PlotArea {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

interface ChartFrameProps {
  readonly xMin: number;
  readonly xMax: number;
  /** Joined with blanks: equal ticks are then equal properties. */
  readonly yTicks: string;
  readonly logScale: boolean;
  /** The axis counts something: only whole numbers are marked. */
  readonly wholeX: boolean;
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
  readonly onArea: (area: PlotArea) => void;
}

const tickStyle = { fill: 'var(--muted)', fontSize: 11 };
const margin = { top: 10, right: 12, bottom: 0, left: 0 };
/** Recharts draws no axis of numbers without a point; this one lies outside every plot. */
const noData = [{ x: Number.NaN, y: Number.NaN }];

export const ChartFrame = memo(function ChartFrame({
  xMin,
  xMax,
  yTicks: joinedTicks,
  logScale,
  wholeX,
  formatX,
  formatY,
  onArea,
}: ChartFrameProps) {
  const yTicks = joinedTicks.split(' ').map(Number);
  const xTicks = niceTicks({ min: xMin, max: xMax }, { whole: wholeX }).filter(
    (tick) => tick >= xMin && tick <= xMax,
  );
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={noData} margin={margin} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="x"
          type="number"
          domain={[xMin, xMax]}
          ticks={xTicks}
          tickFormatter={formatX}
          tick={tickStyle}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
          height={24}
          allowDataOverflow
        />
        <YAxis
          type="number"
          scale={logScale ? 'log' : 'linear'}
          domain={[yTicks[0]!, yTicks.at(-1)!]}
          ticks={yTicks}
          tickFormatter={formatY}
          tick={tickStyle}
          tickLine={false}
          axisLine={false}
          width={48}
          interval={0}
          allowDataOverflow
        />
        <AreaProbe onArea={onArea} />
      </ComposedChart>
    </ResponsiveContainer>
  );
});

/** Tells where recharts has put the plot. */
function AreaProbe({ onArea }: Pick<ChartFrameProps, 'onArea'>) {
  const { x: left, y: top, width, height } = usePlotArea() ?? {};
  useEffect(() => {
    if (left !== undefined && top !== undefined && width !== undefined && height !== undefined)
      onArea({ left, top, width, height });
  }, [left, top, width, height, onArea]);
  return null;
}
