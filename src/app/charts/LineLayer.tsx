/**
 * Draws all lines of a chart as bare paths on recharts' plot area. Recharts' own `Line` costs milliseconds each at every
 * redraw; twenty runs that stream would freeze the page.
 */
import { memo, useId, useMemo } from 'react';
import { usePlotArea } from 'recharts';
import type { ChartLine } from './chart-line';
import type { Range } from './curve';
import { type Plot, pathOf, placer } from './plot';
import { gap, thin } from './thin';

/** As many as a screen is wide. */
const maxPoints = 500;
const dotRadius = 3.5;

interface LineLayerProps {
  readonly lines: readonly ChartLine[];
  readonly x: Range;
  readonly y: Range;
  readonly logScale: boolean;
}

export function LineLayer({ lines, x, y, logScale }: LineLayerProps) {
  const area = usePlotArea();
  const clipId = useId();
  if (!area) return null;
  const { x: left, y: top, width, height } = area;
  return (
    <>
      <clipPath id={clipId}>
        <rect x={left} y={top - dotRadius} width={width} height={height + 2 * dotRadius} />
      </clipPath>
      <g data-testid="lines">
        {lines.map((line) => (
          <LinePath
            key={line.key}
            line={line}
            clip={`url(#${clipId})`}
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
    </>
  );
}

/** Plain numbers as properties, so that a line that did not change is not drawn again. */
interface LinePathProps extends Plot {
  readonly line: ChartLine;
  /** Of lines: dots at the edge are whole. */
  readonly clip: string;
}

const LinePath = memo(function LinePath({ line, clip, ...plot }: LinePathProps) {
  const { curve, style, look } = line;
  const at = placer(plot);
  const { xMin, xMax, logScale } = plot;
  // Of twenty runs most are only moved when the axis of values grows.
  const indices = useMemo(
    () => thin(curve, { min: xMin, max: xMax }, maxPoints, logScale),
    [curve, xMin, xMax, logScale],
  );
  if (look === 'points') {
    return (
      <g fill={style.colour}>
        {indices.map((index) => {
          if (index === gap || curve.x[index]! < xMin || curve.x[index]! > xMax) return null;
          const [cx, cy] = at(curve.x[index]!, curve.y[index]!);
          return <circle key={index} cx={cx} cy={cy} r={dotRadius} />;
        })}
        <path
          d={pathOf(curve, indices, at)}
          clipPath={clip}
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
      d={pathOf(curve, indices, at)}
      clipPath={clip}
      fill="none"
      stroke={style.colour}
      strokeWidth={look === 'faint' ? 1 : 2}
      strokeOpacity={look === 'faint' ? 0.28 : 1}
      strokeDasharray={look === 'line' ? style.dash : ''}
      strokeLinejoin="round"
    />
  );
});
