/** One live line chart: lines and points of several runs on a shared axis. Knows nothing of training. */
import { memo } from 'react';
import { CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Point } from './decimate';
import type { RunStyle } from './palette';

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
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
  readonly height: number;
}

export const LineChart = memo(function LineChart({
  lines,
  label,
  axisLabel,
  logScale = false,
  formatX,
  formatY,
  height,
}: LineChartProps) {
  return (
    <div className="chart" style={{ height }} role="img" aria-label={label}>
      <ResponsiveContainer width="100%" height="100%">
        <ComposedChart margin={{ top: 8, right: 16, bottom: 4, left: 0 }} accessibilityLayer={false}>
          <CartesianGrid vertical={false} stroke="var(--line)" />
          <XAxis
            dataKey="x"
            type="number"
            domain={['dataMin', 'dataMax']}
            allowDuplicatedCategory={false}
            tickFormatter={formatX}
            tick={{ fill: 'var(--muted)', fontSize: 11 }}
            tickLine={false}
            axisLine={{ stroke: 'var(--line-strong)' }}
            minTickGap={32}
          />
          <YAxis
            scale={logScale ? 'log' : 'linear'}
            domain={['auto', 'auto']}
            tickFormatter={formatY}
            tick={{ fill: 'var(--muted)', fontSize: 11 }}
            tickLine={false}
            axisLine={false}
            width={52}
            allowDataOverflow={logScale}
          />
          <Tooltip
            isAnimationActive={false}
            labelFormatter={(x) => `${axisLabel} ${formatX(Number(x))}`}
            formatter={(value) => formatY(Number(value))}
            contentStyle={{
              background: 'var(--raised)',
              border: '1px solid var(--line-strong)',
              borderRadius: 8,
              fontSize: 12,
            }}
          />
          {lines.map(({ key, name, points, style, look }) => (
            <Line
              key={key}
              data={points as Point[]}
              dataKey="y"
              name={name}
              stroke={style.colour}
              strokeWidth={look === 'faint' ? 1 : 2}
              strokeOpacity={look === 'faint' ? 0.28 : 1}
              strokeDasharray={look === 'line' ? style.dash : ''}
              dot={look === 'points' ? { r: 3.5, fill: style.colour, strokeWidth: 0 } : false}
              activeDot={look === 'faint' ? false : { r: 3 }}
              tooltipType={look === 'faint' ? 'none' : undefined}
              isAnimationActive={false}
              type="linear"
            />
          ))}
        </ComposedChart>
      </ResponsiveContainer>
    </div>
  );
});
