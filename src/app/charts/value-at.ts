/** The value of a line at or just before x, by bisection; null outside the line. */
import type { Point } from './decimate';

export function valueAt(points: readonly Point[], x: number): number | null {
  const last = points.at(-1);
  if (!last || x < points[0]!.x || x > last.x) return null;
  let low = 0;
  let high = points.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (points[middle]!.x <= x) low = middle;
    else high = middle - 1;
  }
  return points[low]!.y;
}
