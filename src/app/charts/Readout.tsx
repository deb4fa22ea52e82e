/** What every line reads at the pointer: a rule, a dot on each line, and the values. */
import { type PointerEvent, useState } from 'react';
import type { ChartLine } from './LineChart';
import { type Place, placer } from './LineLayer';
import { nearestPoint } from './nearest-point';

interface ReadoutProps {
  readonly lines: readonly ChartLine[];
  readonly place: Place;
  readonly axisLabel: string;
  readonly formatX: (x: number) => string;
  readonly formatY: (y: number) => string;
}

/** How far a point may be from the pointer, as a share of the axis. */
const reach = 0.03;
/** More rows than this hide the chart. */
const maxRows = 10;

export function Readout({ lines, place, axisLabel, formatX, formatY }: ReadoutProps) {
  /** Pointer's place on the axis, 0 to 1. */
  const [share, setShare] = useState<number | null>(null);
  const { left, top, width, height, xMin, xMax } = place;
  const follow = (event: PointerEvent) => {
    const box = event.currentTarget.getBoundingClientRect();
    setShare(Math.min(Math.max((event.clientX - box.left) / box.width, 0), 1));
  };
  return (
    <div
      className="readout"
      style={{ left, top, width, height }}
      onPointerMove={follow}
      onPointerDown={follow}
      onPointerLeave={() => setShare(null)}
      aria-hidden
    >
      {share !== null && (
        <Values
          lines={lines}
          share={share}
          x={xMin + share * (xMax - xMin)}
          place={place}
          title={`${axisLabel} ${formatX(xMin + share * (xMax - xMin))}`}
          formatY={formatY}
        />
      )}
    </div>
  );
}

interface ValuesProps {
  readonly lines: readonly ChartLine[];
  readonly share: number;
  readonly x: number;
  readonly place: Place;
  readonly title: string;
  readonly formatY: (y: number) => string;
}

function Values({ lines, share, x, place, title, formatY }: ValuesProps) {
  const at = placer({ ...place, left: 0, top: 0 });
  const rows = lines
    .flatMap(({ key, name, points, style, look }) => {
      const point = look === 'faint' ? null : nearestPoint(points, x, reach * (place.xMax - place.xMin));
      return point ? [{ key, name, style, point }] : [];
    })
    .sort((a, b) => b.point.y - a.point.y);
  return (
    <>
      <div className="readout-rule" style={{ left: `${100 * share}%` }} />
      {rows.map(({ key, style, point }) => {
        const [dotX, dotY] = at(point);
        return (
          <div
            key={key}
            className="readout-dot"
            style={{ left: dotX, top: dotY, background: style.colour }}
          />
        );
      })}
      <div
        className="tooltip"
        data-side={share > 0.55 ? 'left' : 'right'}
        style={{ left: `${100 * share}%` }}
      >
        <p>{title}</p>
        <ul>
          {rows.slice(0, maxRows).map(({ key, name, style, point }) => (
            <li key={key}>
              <span className="tooltip-dot" style={{ background: style.colour }} />
              <span className="tooltip-name">{name}</span>
              <strong>{formatY(point.y)}</strong>
            </li>
          ))}
        </ul>
        {rows.length > maxRows && <p>and {rows.length - maxRows} more</p>}
      </div>
    </>
  );
}
