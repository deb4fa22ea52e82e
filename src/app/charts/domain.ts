/** The ranges of a chart's axes, with round ends. */
import type { Point } from './decimate';

export interface Range {
  readonly min: number;
  readonly max: number;
}

export function rangeOf(lines: readonly (readonly Point[])[], axis: 'x' | 'y'): Range | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const points of lines) {
    for (const point of points) {
      min = Math.min(min, point[axis]);
      max = Math.max(max, point[axis]);
    }
  }
  return min <= max ? { min, max } : null;
}

/** Four to six round values that cover the range; on a logarithmic axis decades with their 2 and 5; whole ones if asked. */
export function niceTicks({ min, max }: Range, { logScale = false, whole = false } = {}): readonly number[] {
  if (logScale && min > 0) {
    const ticks: number[] = [];
    for (let decade = 10 ** Math.floor(Math.log10(min)); decade <= max * 1.0001; decade *= 10)
      ticks.push(decade, 2 * decade, 5 * decade);
    const inside = ticks.filter((tick, i) => (ticks[i + 1] ?? tick) > min && (ticks[i - 1] ?? 0) < max);
    return inside.length >= 2 ? inside : [min, max];
  }
  const span = max - min || Math.abs(max) || 1;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const step = whole ? Math.max(1, Math.ceil(round)) : round;
  const first = Math.floor(min / step);
  const count = Math.ceil(max / step) - first;
  return Array.from({ length: Math.max(1, count) + 1 }, (_, i) =>
    Number(((first + i) * step).toPrecision(12)),
  );
}
