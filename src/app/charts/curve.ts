/** A line of a chart as two columns, so that thousands of points cost no objects. Pure functions. */

/** Equally long; x never falls. Where y is not finite, nothing was measured: the line has a gap there. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Beyond these a double has no digits left for the width of a range or for a step within it; float32 never comes near. */
const largest = 1e250;
export const smallest = 1e-250;

/** Whether a chart draws it: on a logarithmic axis only what is above zero has a place. */
export const isDrawn = (y: number, logScale: boolean): boolean =>
  Math.abs(y) <= largest && (!logScale || y >= smallest);

/** First index whose x is at least `x`; the length where there is none. By bisection. */
export function indexFrom({ x: xs }: Curve, x: number): number {
  let low = 0;
  let high = xs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (xs[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** From the first to the last place where anything was measured; null where nothing was. */
export function xRangeOf(curves: readonly Curve[]): Range | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const { x, y } of curves) {
    const first = y.findIndex((value) => isDrawn(value, false));
    if (first < 0) continue;
    const last = y.findLastIndex((value) => isDrawn(value, false));
    min = Math.min(min, x[first]!);
    max = Math.max(max, x[last]!);
  }
  return min <= max ? { min, max } : null;
}

/** Of the values that are drawn within a range of x; null where there are none. */
export function yRangeOf(curves: readonly Curve[], within: Range, logScale: boolean): Range | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const curve of curves) {
    for (let i = indexFrom(curve, within.min); i < curve.x.length && curve.x[i]! <= within.max; i++) {
      const value = curve.y[i]!;
      if (!isDrawn(value, logScale)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return min <= max ? { min, max } : null;
}

/** Index of the measured point nearest to x, the later one of two that are equally near; null where nothing was measured. */
export function nearestPoint(curve: Curve, x: number, logScale = false): number | null {
  const { x: xs, y } = curve;
  let after = indexFrom(curve, x);
  let before = after - 1;
  while (after < xs.length && !isDrawn(y[after]!, logScale)) after += 1;
  while (before >= 0 && !isDrawn(y[before]!, logScale)) before -= 1;
  if (after >= xs.length) return before >= 0 ? before : null;
  if (before < 0) return after;
  return x - xs[before]! < xs[after]! - x ? before : after;
}
