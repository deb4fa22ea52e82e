/** The charts of the chosen runs, one above another over the same places. */
import { useId, useState } from 'react';
import type { Axis } from '../store/state';
import type { ChartAxis } from './axes';
import type { ChartSpec } from './chart-specs';
import { CursorContext, createCursorStore } from './cursor';
import type { Range } from './curve';
import { LineChart } from './LineChart';
import type { ChartLayout } from './layout';
import { axisTitle, placeWords } from './place-words';

interface ChartsProps {
  readonly layout: ChartLayout;
  readonly axis: Axis;
  readonly isTimed: boolean;
  readonly onZoom: (places: Range | null) => void;
}

/** The first is what one looks at; the others lie beside one another where there is room. */
const heights = { first: 300, other: 190 };

export default function Charts({ layout, ...shared }: ChartsProps) {
  const [cursor] = useState(createCursorStore);
  const { specs, places, values, valueWidth } = layout;
  return (
    <CursorContext value={cursor}>
      <div className="charts">
        {specs.map((spec, i) => (
          <Chart
            key={spec.id}
            spec={spec}
            places={places}
            values={values[i]!}
            valueWidth={valueWidth}
            height={i === 0 ? heights.first : heights.other}
            {...shared}
          />
        ))}
      </div>
    </CursorContext>
  );
}

interface ChartProps extends Pick<ChartsProps, 'axis' | 'isTimed' | 'onZoom'> {
  readonly spec: ChartSpec;
  readonly places: ChartAxis;
  readonly values: ChartAxis;
  readonly valueWidth: number;
  readonly height: number;
}

function Chart({ spec, axis, isTimed, ...chart }: ChartProps) {
  const trendId = useId();
  const { title, format, inWords, unit } = placeWords[axis];
  return (
    <figure className="chart-figure">
      <figcaption className="chart-title">{spec.title}</figcaption>
      {spec.isEmpty ? (
        <p className="empty chart-empty">{spec.whenEmpty}</p>
      ) : (
        <LineChart
          id={spec.id}
          lines={spec.lines}
          label={spec.label}
          describedBy={trendId}
          placeTitle={title}
          axisTitle={axisTitle(axis, isTimed)}
          isCounted={unit === 'count'}
          formatPlace={format}
          formatValue={spec.formatValue}
          {...chart}
        />
      )}
      <p className="visually-hidden" id={trendId}>
        {spec.trends(inWords).join(' ')}
      </p>
    </figure>
  );
}
