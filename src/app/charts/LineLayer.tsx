/** Draws lines as bare paths on a layer over the chart's frame, which the browser keeps painted while others change. */
import { memo } from 'react';
import type { PlotArea } from './ChartFrame';
import type { Point } from './decimate';
import type { ChartLine } from './LineChart';

export interface Place extends PlotArea {
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
  readonly logScale: boolean;
}

/** Plain numbers as properties, so that a layer whose lines and axes did not change is not drawn again. */
export const LineLayer = memo(function LineLayer({
  lines,
  ...place
}: Place & { readonly lines: readonly ChartLine[] }) {
  return (
    <svg className="line-layer" width="100%" height="100%" aria-hidden>
      {lines.map((line) => (
        <LinePath key={line.key} line={line} {...place} />
      ))}
    </svg>
  );
}, sameLayer);

type LineLayerProps = Place & { readonly lines: readonly ChartLine[] };

function sameLayer({ lines: a, ...before }: LineLayerProps, { lines: b, ...after }: LineLayerProps): boolean {
  const keys = Object.keys(before) as (keyof Place)[];
  return (
    keys.every((key) => before[key] === after[key]) &&
    a.length === b.length &&
    a.every((line, i) => line === b[i])
  );
}

const LinePath = memo(function LinePath({ line, ...place }: Place & { readonly line: ChartLine }) {
  const { points, style, look } = line;
  const at = placer(place);
  if (look === 'points') {
    return (
      <g fill={style.colour} stroke="var(--raised)" strokeWidth={1.5}>
        {points.length > 1 && (
          <path
            d={pathOf(points, at)}
            fill="none"
            stroke={style.colour}
            strokeWidth={1.25}
            strokeDasharray="1 3"
          />
        )}
        {points.map((point) => {
          const [cx, cy] = at(point);
          return <circle key={point.x} cx={cx} cy={cy} r={4} />;
        })}
      </g>
    );
  }
  return (
    <path
      className="recharts-line-curve"
      d={pathOf(points, at)}
      fill="none"
      stroke={style.colour}
      strokeWidth={look === 'faint' ? 1 : 1.75}
      strokeOpacity={look === 'faint' ? 0.25 : 1}
      strokeDasharray={look === 'line' ? style.dash : ''}
      strokeLinejoin="round"
    />
  );
});

type Placer = (point: Point) => readonly [x: number, y: number];

export function placer({ left, top, width, height, xMin, xMax, yMin, yMax, logScale }: Place): Placer {
  const scale = (value: number) => (logScale ? Math.log(Math.max(value, Number.MIN_VALUE)) : value);
  const [low, high] = [scale(yMin), scale(yMax)];
  return ({ x, y }) => [
    left + (width * (x - xMin)) / (xMax - xMin || 1),
    top + height * (1 - (Math.min(Math.max(scale(y), low), high) - low) / (high - low || 1)),
  ];
}

/** A tenth of a pixel is finer than any screen. */
function pathOf(points: readonly Point[], at: Placer): string {
  let path = '';
  for (const point of points) {
    const [x, y] = at(point);
    path += `${path ? 'L' : 'M'}${Math.round(x * 10) / 10} ${Math.round(y * 10) / 10}`;
  }
  return path;
}
