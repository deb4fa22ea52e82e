/**
 * Draws all lines of a chart as bare paths on recharts' plot area. Recharts' own `Line` costs milliseconds each at every
 * redraw; twenty runs that stream would freeze the page.
 */
import { memo } from 'react';
import { usePlotArea } from 'recharts';
import type { Point } from './decimate';
import type { Range } from './domain';
import type { ChartLine } from './LineChart';

interface LineLayerProps {
  readonly lines: readonly ChartLine[];
  readonly x: Range;
  readonly y: Range;
  readonly logScale: boolean;
}

export function LineLayer({ lines, x, y, logScale }: LineLayerProps) {
  const area = usePlotArea();
  if (!area) return null;
  const { x: left, y: top, width, height } = area;
  return (
    <g data-testid="lines">
      {lines.map((line) => (
        <LinePath
          key={line.key}
          line={line}
          left={left}
          top={top}
          width={width}
          height={height}
          xMin={x.min}
          xMax={x.max}
          yMin={y.min}
          yMax={y.max}
          logScale={logScale}
        />
      ))}
    </g>
  );
}

/** Plain numbers as properties, so that a line that did not change is not drawn again. */
interface LinePathProps {
  readonly line: ChartLine;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
  readonly logScale: boolean;
}

const LinePath = memo(function LinePath({ line, ...place }: LinePathProps) {
  const { points, style, look } = line;
  const at = placer(place);
  if (look === 'points') {
    return (
      <g fill={style.colour}>
        {points.map((point) => {
          const [cx, cy] = at(point);
          return <circle key={point.x} cx={cx} cy={cy} r={3.5} />;
        })}
        <path
          d={pathOf(points, at)}
          fill="none"
          stroke={style.colour}
          strokeWidth={1}
          strokeDasharray="1 3"
        />
      </g>
    );
  }
  return (
    <path
      className="recharts-line-curve"
      d={pathOf(points, at)}
      fill="none"
      stroke={style.colour}
      strokeWidth={look === 'faint' ? 1 : 2}
      strokeOpacity={look === 'faint' ? 0.28 : 1}
      strokeDasharray={look === 'line' ? style.dash : ''}
      strokeLinejoin="round"
    />
  );
});

type Placer = (point: Point) => readonly [x: number, y: number];

function placer({
  left,
  top,
  width,
  height,
  xMin,
  xMax,
  yMin,
  yMax,
  logScale,
}: Omit<LinePathProps, 'line'>): Placer {
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
    path += `${path ? 'L' : 'M'}${x.toFixed(1)} ${y.toFixed(1)}`;
  }
  return path;
}
