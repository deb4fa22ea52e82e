/** A curve as a chart draws it, and what lies under a place of the chart. Pure functions. */
import { type Curve, nearestPoint } from './curve';
import type { RunStyle } from './palette';

export interface ChartLine {
  readonly key: string;
  readonly name: string;
  readonly curve: Curve;
  readonly style: RunStyle;
  /** Faint lines stand behind the others; nothing is read from them. */
  readonly look: 'line' | 'faint' | 'points';
}

/** A measured point of a line. */
export interface PointOfLine {
  readonly line: ChartLine;
  readonly x: number;
  readonly y: number;
}

/**
 * The place of the measured point that is nearest to x. Dots, which are few, draw what is pointed at to themselves from
 * `reach` away. Null where nothing was measured.
 */
export function nearestPlace(
  lines: readonly ChartLine[],
  x: number,
  reach: number,
  logScale: boolean,
): number | null {
  const nearest = (look: ChartLine['look']) =>
    lines
      .filter((line) => line.look === look)
      .flatMap(({ curve }) => {
        const index = nearestPoint(curve, x, logScale);
        return index === null ? [] : [curve.x[index]!];
      })
      .reduce<number | null>(
        (best, place) => (best === null || Math.abs(place - x) < Math.abs(best - x) ? place : best),
        null,
      );
  const dot = nearest('points');
  if (dot !== null && Math.abs(dot - x) <= reach) return dot;
  const step = nearest('line');
  if (step === null || dot === null) return step ?? dot;
  return Math.abs(dot - x) < Math.abs(step - x) ? dot : step;
}

/** What lines measured at a place, or within `reach` of it; a line that measured nothing there is left out. */
export function pointsAt(
  lines: readonly ChartLine[],
  place: number,
  reach: number,
  logScale: boolean,
): readonly PointOfLine[] {
  return lines.flatMap((line) => {
    if (line.look === 'faint') return [];
    const { x, y } = line.curve;
    const index = nearestPoint(line.curve, place, logScale);
    if (index === null || Math.abs(x[index]! - place) > reach) return [];
    return [{ line, x: x[index]!, y: y[index]! }];
  });
}
