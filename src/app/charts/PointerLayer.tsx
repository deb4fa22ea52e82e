/** What follows the pointer over a chart: the marked place, the points that were measured there, and the range of a drag. */
import { type PointerEvent, useRef } from 'react';
import { usePlotArea } from 'recharts';
import type { ChartAxis } from './axes';
import { type ChartLine, nearestPlace, pointsAt } from './chart-line';
import { type Cursor, useCursor, useCursorStore } from './cursor';
import type { Range } from './curve';
import { type Plot, placer } from './plot';

/** How far from a point the pointer still means it, in pixels. */
const reachPixels = 6;

/** A drag is longer than the tremble of a click, in pixels. */
const shortestDrag = 6;

interface PointerLayerProps {
  readonly id: string;
  readonly lines: readonly ChartLine[];
  readonly places: ChartAxis;
  readonly values: ChartAxis;
  readonly isCounted: boolean;
  /** The range that was drawn out; null for a double click, which asks for all of it again. */
  readonly onZoom: (places: Range | null) => void;
}

export function PointerLayer({ id, lines, places, values, isCounted, onZoom }: PointerLayerProps) {
  const area = usePlotArea();
  const store = useCursorStore();
  const overlay = useRef<SVGRectElement>(null);
  if (!area) return null;
  const { x: left, y: top, width, height } = area;
  const unitsPerPixel = (places.max - places.min) / width;
  const follow = (event: PointerEvent, dragFrom: number | null) => {
    const corner = overlay.current?.getBoundingClientRect();
    if (!corner) return;
    const across = Math.min(Math.max(event.clientX - corner.left, 0), width);
    const x = places.min + across * unitsPerPixel;
    const place = nearestPlace(lines, x, reachPixels * unitsPerPixel, values.isLog) ?? x;
    const down = event.clientY - corner.top;
    const reach = isCounted ? 0 : reachPixels * unitsPerPixel;
    store.setState({
      cursor: { chart: id, place, left: left + across, top: top + down, dragFrom, x, reach },
    });
  };
  const dragged = () => {
    const { cursor } = store.getState();
    return cursor?.chart === id ? cursor.dragFrom : null;
  };
  const release = (event: PointerEvent) => {
    const from = dragged();
    const to = store.getState().cursor?.x;
    if (from !== null && to !== undefined && Math.abs(to - from) >= shortestDrag * unitsPerPixel)
      onZoom({ min: Math.min(from, to), max: Math.max(from, to) });
    follow(event, null);
  };
  return (
    <g data-export="no">
      <Marks
        lines={lines}
        plot={{
          ...{ left, top, width, height, logScale: values.isLog },
          ...{ xMin: places.min, xMax: places.max, yMin: values.min, yMax: values.max },
        }}
        id={id}
      />
      {/* biome-ignore lint/a11y/noStaticElementInteractions: what it does with a pointer, buttons and the table do without */}
      <rect
        ref={overlay}
        className="chart-overlay"
        x={left}
        y={top}
        width={width}
        height={height}
        fill="transparent"
        onPointerDown={(event) => {
          if (event.button !== 0) return;
          // A finger scrolls the page and points, and what it points at stays; it does not zoom.
          if (event.pointerType === 'touch') {
            follow(event, null);
            return;
          }
          event.currentTarget.setPointerCapture(event.pointerId);
          const corner = event.currentTarget.getBoundingClientRect();
          follow(event, places.min + (event.clientX - corner.left) * unitsPerPixel);
        }}
        onPointerMove={(event) => follow(event, dragged())}
        onPointerUp={release}
        onPointerLeave={(event) => {
          const stays =
            event.pointerType === 'touch' || event.currentTarget.hasPointerCapture(event.pointerId);
          if (!stays) store.setState({ cursor: null });
        }}
        onPointerCancel={() => store.setState({ cursor: null })}
        onDoubleClick={() => onZoom(null)}
      />
    </g>
  );
}

interface MarksProps {
  readonly id: string;
  readonly lines: readonly ChartLine[];
  readonly plot: Plot;
}

function Marks({ id, lines, plot }: MarksProps) {
  const cursor = useCursor();
  if (!cursor) return null;
  const { left, top, width, height, xMin, xMax } = plot;
  const at = placer(plot);
  const across = (x: number) => at(Math.min(Math.max(x, xMin), xMax), plot.yMin)[0];
  const isMarked = cursor.place >= xMin && cursor.place <= xMax;
  return (
    <>
      {cursor.chart === id && cursor.dragFrom !== null && <Dragged {...{ cursor, across, top, height }} />}
      {isMarked && (
        <line
          className="chart-crosshair"
          x1={across(cursor.place)}
          x2={across(cursor.place)}
          y1={top}
          y2={top + height}
        />
      )}
      {isMarked &&
        pointsAt(lines, cursor.place, cursor.reach, plot.logScale).map(({ line, x, y }) => {
          const [cx, cy] = at(x, y);
          if (cx < left || cx > left + width || cy < top - 1 || cy > top + height + 1) return null;
          return (
            <circle
              key={line.key}
              className="chart-mark"
              cx={cx}
              cy={cy}
              r={line.look === 'points' ? 5 : 4}
              fill={line.style.colour}
            />
          );
        })}
    </>
  );
}

interface DraggedProps {
  readonly cursor: Cursor;
  readonly across: (x: number) => number;
  readonly top: number;
  readonly height: number;
}

function Dragged({ cursor, across, top, height }: DraggedProps) {
  const [from, to] = [across(cursor.dragFrom ?? cursor.x), across(cursor.x)];
  return (
    <rect
      className="chart-selection"
      x={Math.min(from, to)}
      y={top}
      width={Math.abs(to - from)}
      height={height}
    />
  );
}
