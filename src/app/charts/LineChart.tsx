/** One live line chart: lines and points of several runs on shared axes. Knows nothing of training. */
import { createContext, memo, useContext, useRef } from 'react';
import { CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { Point } from './decimate';
import { niceTicks, type Range, rangeOf } from './domain';
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

/** The lines reach the layer and the tooltip past the frame, so that a new point draws one path and not the axes again. */
const LinesContext = createContext<readonly ChartLine[]>([]);

export function LineChart({ lines, label, height, logScale = false, ...axes }: LineChartProps) {
  const points = lines.map((line) => line.points);
  const x = rangeOf(points, 'x') ?? { min: 0, max: 1 };
  const yTicks = niceTicks(rangeOf(points, 'y') ?? { min: 0, max: 1 }, { logScale });
  return (
    <div className="chart" style={{ height }} role="img" aria-label={label}>
      <LinesContext value={lines}>
        <ChartFrame {...axes} logScale={logScale} xMin={x.min} xMax={x.max} yTicks={useSame(yTicks)} />
      </LinesContext>
    </div>
  );
}

/** The array of before as long as the numbers are the same. */
function useSame(numbers: readonly number[]): readonly number[] {
  const before = useRef(numbers);
  if (before.current.join() !== numbers.join()) before.current = numbers;
  return before.current;
}

interface ChartFrameProps extends Pick<LineChartProps, 'axisLabel' | 'wholeX' | 'formatX' | 'formatY'> {
  readonly logScale: boolean;
  readonly xMin: number;
  readonly xMax: number;
  readonly yTicks: readonly number[];
}

const ChartFrame = memo(function ChartFrame(props: ChartFrameProps) {
  const { axisLabel, wholeX, formatX, formatY, logScale, xMin, xMax, yTicks } = props;
  const y = { min: yTicks[0]!, max: yTicks.at(-1)! };
  const stops = Array.from({ length: hoverStops + 1 }, (_, i) => ({
    x: xMin + ((xMax - xMin) * i) / hoverStops,
  }));
  const xTicks = niceTicks({ min: xMin, max: xMax }, { whole: wholeX }).filter(
    (tick) => tick >= xMin && tick <= xMax,
  );
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={stops} margin={margin} accessibilityLayer={false}>
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
              <Values x={Number(at)} title={`${axisLabel} ${formatX(Number(at))}`} formatY={formatY} />
            ) : null
          }
        />
        {/* Invisible: it gives the tooltip its stops. */}
        <Line dataKey={() => y.min} stroke="none" dot={false} activeDot={false} isAnimationActive={false} />
        <Lines x={{ min: xMin, max: xMax }} y={y} logScale={logScale} />
      </ComposedChart>
    </ResponsiveContainer>
  );
});

function Lines(place: { readonly x: Range; readonly y: Range; readonly logScale: boolean }) {
  return <LineLayer lines={useContext(LinesContext)} {...place} />;
}

interface ValuesProps {
  readonly x: number;
  readonly title: string;
  readonly formatY: (y: number) => string;
}

/** Every run at one place of the axis. */
function Values({ x, title, formatY }: ValuesProps) {
  const rows = useContext(LinesContext).flatMap(({ key, name, points, style, look }) => {
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
