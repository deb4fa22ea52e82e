/** The values at the place under the pointer: of what was measured there, and of nothing else. */
import { useLayoutEffect, useRef, useState } from 'react';
import { type ChartLine, type PointOfLine, pointsAt } from './chart-line';
import { type Cursor, useCursor } from './cursor';

/** More would not be read; the table has them all. */
const mostRows = 10;

interface TooltipProps {
  readonly id: string;
  readonly lines: readonly ChartLine[];
  readonly logScale: boolean;
  readonly placeTitle: string;
  readonly formatPlace: (x: number) => string;
  readonly formatValue: (y: number) => string;
}

export function Tooltip(props: TooltipProps) {
  const cursor = useCursor();
  return cursor?.chart === props.id && cursor.dragFrom === null ? (
    <Values cursor={cursor} {...props} />
  ) : null;
}

function Values({
  cursor,
  lines,
  logScale,
  placeTitle,
  formatPlace,
  formatValue,
}: TooltipProps & { readonly cursor: Cursor }) {
  const box = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0, room: 0 });
  useLayoutEffect(() => {
    if (!box.current?.parentElement) return;
    const { offsetWidth: width, offsetHeight: height, parentElement } = box.current;
    const room = parentElement.clientWidth;
    if (width !== size.width || height !== size.height || room !== size.room)
      setSize({ width, height, room });
  });
  const points = pointsAt(lines, cursor.place, cursor.reach, logScale).toSorted((a, b) => b.y - a.y);
  if (points.length === 0) return null;
  const title = formatPlace(cursor.place);
  const isBeside = cursor.left + 16 + size.width > size.room;
  const left = isBeside ? Math.max(0, cursor.left - 16 - size.width) : cursor.left + 16;
  return (
    <div className="tooltip" ref={box} style={{ left, top: Math.max(0, cursor.top - size.height / 2) }}>
      <p>
        {placeTitle} {title}
      </p>
      <ul>
        {points.slice(0, mostRows).map(({ line, x, y }) => (
          <Row
            key={line.key}
            line={line}
            value={formatValue(y)}
            elsewhere={formatPlace(x) === title ? null : formatPlace(x)}
          />
        ))}
      </ul>
      {points.length > mostRows && <p>and {points.length - mostRows} more</p>}
    </div>
  );
}

interface RowProps {
  readonly line: PointOfLine['line'];
  readonly value: string;
  /** Its own place, where that is only near the one that the heading names. */
  readonly elsewhere: string | null;
}

function Row({ line: { name, style }, value, elsewhere }: RowProps) {
  return (
    <li>
      <span className="tooltip-dot" style={{ background: style.colour }} aria-hidden />
      <span className="tooltip-name">{name}</span> <strong>{value}</strong>
      {elsewhere && <span className="muted">at {elsewhere}</span>}
    </li>
  );
}
