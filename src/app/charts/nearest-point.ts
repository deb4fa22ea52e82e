/** The point of a line nearest to x, by bisection; null where none is within `reach`. */
import type { Point } from './decimate';

export function nearestPoint(points: readonly Point[], x: number, reach: number): Point | null {
  let low = 0;
  let high = points.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (points[middle]!.x < x) low = middle + 1;
    else high = middle;
  }
  const [before, after] = [points[low - 1], points[low]];
  const nearest = !before || (after && after.x - x < x - before.x) ? after : before;
  return nearest && Math.abs(nearest.x - x) <= reach ? nearest : null;
}
