/** One live line chart: lines and points of several runs on shared axes. Knows nothing of training. */
import { memo, useMemo } from 'react';
import { CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Point } from './decimate';
import { niceTicks, rangeOf } from './domain';
import { LineLayer } from './LineLayer';
import type { RunStyle } from './palette';
import { valueAt } from './value-at';

export interface ChartLine {
  readonly key: string;
  readonly name: string;
  readonly points: readonly Point[];
  readonly style: RunStyle;
  /** Faint lines stand behind the others and are not named in the tooltip. */
  readonly look: 'line' | 'faint' | 'points';
}

interface LineChartProps {
  readonly lines: readonly ChartLine[];
  readonly label: string;
  readonly axisLabel: string;
  readonly logScale?: boolean;
  /** The axis counts something: only whole numbers are marked. */
  readonly wholeX: boolean;
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
  readonly height: number;
}

/** Places where the tooltip stops. */
const hoverStops = 200;
const tickStyle = { fill: 'var(--muted)', fontSize: 11 };
const margin = { top: 8, right: 16, bottom: 4, left: 0 };

export const LineChart = memo(function LineChart({
  lines,
  label,
  axisLabel,
  logScale = false,
  wholeX,
  formatX,
  formatY,
  height,
}: LineChartProps) {
  const { x, yTicks, stops } = useMemo(() => {
    const points = lines.map((line) => line.points);
    const xRange = rangeOf(points, 'x') ?? { min: 0, max: 1 };
    const stopAt = (i: number) => xRange.min + ((xRange.max - xRange.min) * i) / hoverStops;
    return {
      x: xRange,
      yTicks: niceTicks(rangeOf(points, 'y') ?? { min: 0, max: 1 }, { logScale }),
      stops: Array.from({ length: hoverStops + 1 }, (_, i) => ({ x: stopAt(i) })),
    };
  }, [lines, logScale]);
  const y = { min: yTicks[0]!, max: yTicks.at(-1)! };
  return (
    <div className="chart" style={{ height }} role="img" aria-label={label}>
      <ResponsiveContainer width="100%" height="100%">
        <ComposedChart data={stops} margin={margin} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="x"
            type="number"
            domain={[x.min, x.max]}
            ticks={niceTicks(x, { whole: wholeX }).filter((tick) => tick >= x.min && tick <= x.max)}
            tickFormatter={formatX}
            tick={tickStyle}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
          />
          <YAxis
            type="number"
            scale={logScale ? 'log' : 'linear'}
            domain={[y.min, y.max]}
            ticks={[...yTicks]}
            tickFormatter={formatY}
            tick={tickStyle}
            tickLine={false}
            axisLine={false}
            width={52}
            allowDataOverflow
          />
          <Tooltip
            isAnimationActive={false}
            content={({ active, label: at }) =>
              active ? (
                <Values
                  lines={lines}
                  x={Number(at)}
                  title={`${axisLabel} ${formatX(Number(at))}`}
                  formatY={formatY}
                />
              ) : null
            }
          />
          {/* Invisible: it gives the tooltip its stops. */}
          <Line dataKey={() => y.min} stroke="none" dot={false} activeDot={false} isAnimationActive={false} />
          <LineLayer lines={lines} x={x} y={y} logScale={logScale} />
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
});

interface ValuesProps {
  readonly lines: readonly ChartLine[];
  readonly x: number;
  readonly title: string;
  readonly formatY: (y: number) => string;
}

/** Every run at one place of the axis. */
function Values({ lines, x, title, formatY }: ValuesProps) {
  const rows = lines.flatMap(({ key, name, points, style, look }) => {
    const value = look === 'faint' ? null : valueAt(points, x);
    return value === null ? [] : [{ key, name, style, value }];
  });
  return (
    <div className="tooltip">
      <p>{title}</p>
      <ul>
        {rows.map(({ key, name, style, value }) => (
          <li key={key}>
            <span className="tooltip-dot" style={{ background: style.colour }} aria-hidden />
            {name} <strong>{formatY(value)}</strong>
          </li>
        ))}
      </ul>
    </div>
  );
}
