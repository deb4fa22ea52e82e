/**
 * Thins a line to as many points as a chart can show, keeping what the eye sees: Largest-Triangle-Three-Buckets,
 * Steinarsson 2013, “Downsampling time series for visual representation”.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** At most `limit` of the points, in order, the first and the last among them. Fewer come back unchanged. */
export function decimate(points: readonly Point[], limit: number): readonly Point[] {
  if (points.length <= limit || limit < 3) return points;
  const bucket = (points.length - 2) / (limit - 2);
  const kept = [points[0]!];
  for (let i = 0; i < limit - 2; i++) {
    const begin = Math.floor(i * bucket) + 1;
    const end = Math.floor((i + 1) * bucket) + 1;
    const next = average(points, end, Math.min(Math.floor((i + 2) * bucket) + 1, points.length));
    kept.push(largestTriangle(points, begin, end, kept.at(-1)!, next));
  }
  return [...kept, points.at(-1)!];
}

function average(points: readonly Point[], begin: number, end: number): Point {
  let x = 0;
  let y = 0;
  for (let i = begin; i < end; i++) {
    x += points[i]!.x;
    y += points[i]!.y;
  }
  return { x: x / (end - begin), y: y / (end - begin) };
}

function largestTriangle(
  points: readonly Point[],
  begin: number,
  end: number,
  before: Point,
  after: Point,
): Point {
  let best = points[begin]!;
  let bestArea = -1;
  for (let i = begin; i < end; i++) {
    const { x, y } = points[i]!;
    const area = Math.abs((before.x - after.x) * (y - before.y) - (before.x - x) * (after.y - before.y));
    if (area > bestArea) {
      best = points[i]!;
      bestArea = area;
    }
  }
  return best;
}
