/** One live line chart: lines and points of several runs on shared axes. Knows nothing of training. */
import { createContext, memo, useContext, useRef } from 'react';
import { CartesianGrid, ComposedChart, Line, ResponsiveContainer, XAxis, YAxis } from 'recharts';
import type { ChartAxis } from './axes';
import type { ChartLine } from './chart-line';
import type { Range } from './curve';
import { LineLayer } from './LineLayer';
import { PointerLayer } from './PointerLayer';
import { Tooltip } from './Tooltip';

interface LineChartProps {
  /** Tells the charts of a page apart. */
  readonly id: string;
  readonly lines: readonly ChartLine[];
  /** Names the picture. */
  readonly label: string;
  readonly describedBy: string;
  /** What a place is, before its value. */
  readonly placeTitle: string;
  readonly axisTitle: string;
  readonly places: ChartAxis;
  readonly values: ChartAxis;
  /** Places lie apart by nature, as steps do: only what was measured at the very place is read there. */
  readonly isCounted: boolean;
  readonly formatPlace: (x: number) => string;
  readonly formatValue: (y: number) => string;
  readonly height: number;
  /** Room for the marks of the y axis, in pixels; the same in all charts, so that places stand one above another. */
  readonly valueWidth: number;
  readonly onZoom: (places: Range | null) => void;
}

const tickStyle = { fill: 'var(--muted)', fontSize: 11 };
const margin = { top: 8, right: 16, bottom: 4, left: 0 };

/** The lines reach the layers past the frame, so that a new point draws one path and not the axes again. */
const LinesContext = createContext<readonly ChartLine[]>([]);

export function LineChart({
  lines,
  label,
  describedBy,
  height,
  placeTitle,
  formatValue,
  ...frame
}: LineChartProps) {
  const places = useSameAxis(frame.places);
  const values = useSameAxis(frame.values);
  return (
    <div className="chart" style={{ height }}>
      <div className="chart-picture" role="img" aria-label={label} aria-describedby={describedBy}>
        <LinesContext value={lines}>
          <ChartFrame
            id={frame.id}
            places={places}
            values={values}
            axisTitle={frame.axisTitle}
            isCounted={frame.isCounted}
            valueWidth={frame.valueWidth}
            onZoom={frame.onZoom}
          />
        </LinesContext>
      </div>
      <Tooltip
        id={frame.id}
        lines={lines}
        logScale={values.isLog}
        placeTitle={placeTitle}
        formatPlace={frame.formatPlace}
        formatValue={formatValue}
      />
    </div>
  );
}

/** The axis of before as long as it is the same. */
function useSameAxis(axis: ChartAxis): ChartAxis {
  const before = useRef(axis);
  if (keyOf(before.current) !== keyOf(axis)) before.current = axis;
  return before.current;
}

const keyOf = ({ min, max, isLog, ticks }: ChartAxis) =>
  `${min} ${max} ${isLog} ${ticks.map(({ label }) => label).join()}`;

type LayersProps = Pick<LineChartProps, 'id' | 'places' | 'values' | 'isCounted' | 'onZoom'>;
type ChartFrameProps = LayersProps & Pick<LineChartProps, 'axisTitle' | 'valueWidth'>;

const ChartFrame = memo(function ChartFrame(props: ChartFrameProps) {
  const { places, values, axisTitle, valueWidth, ...pointer } = props;
  // Recharts takes the ends of its axes from data, which an invisible line brings.
  const ends = [{ x: places.min }, { x: places.max }];
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={ends} margin={margin} accessibilityLayer={false}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="x"
          type="number"
          domain={[places.min, places.max]}
          ticks={places.ticks.map(({ value }) => value)}
          tickFormatter={(value) => labelOf(places, value)}
          tick={tickStyle}
          tickLine={false}
          axisLine={{ stroke: 'var(--line-strong)' }}
          height={38}
          label={{ value: axisTitle, position: 'insideBottom', offset: 0, ...tickStyle }}
          allowDataOverflow
        />
        <YAxis
          type="number"
          scale={values.isLog ? 'log' : 'linear'}
          domain={[values.min, values.max]}
          ticks={values.ticks.map(({ value }) => value)}
          tickFormatter={(value) => labelOf(values, value)}
          interval={0}
          tick={tickStyle}
          tickLine={false}
          axisLine={false}
          width={valueWidth}
          allowDataOverflow
        />
        <Line
          dataKey={() => values.min}
          stroke="none"
          dot={false}
          activeDot={false}
          isAnimationActive={false}
        />
        <Layers places={places} values={values} {...pointer} />
      </ComposedChart>
    </ResponsiveContainer>
  );
});

const labelOf = ({ ticks }: ChartAxis, at: number) => ticks.find(({ value }) => value === at)?.label ?? '';

function Layers({ places, values, ...pointer }: LayersProps) {
  const lines = useContext(LinesContext);
  return (
    <>
      <LineLayer lines={lines} x={places} y={values} logScale={values.isLog} />
      <PointerLayer lines={lines} places={places} values={values} {...pointer} />
    </>
  );
}
