/**
 * Thins a line to as many points as a chart can show, keeping what the eye sees: Largest-Triangle-Three-Buckets,
 * Steinarsson 2013, “Downsampling time series for visual representation”. Works on columns, so that no object is made
 * for a point that is not drawn.
 */

export interface Point {
  readonly x: number;
  readonly y: number;
}

type Column = ArrayLike<number>;

/** At most `limit` (3 or more) of the points, in order, the first and the last among them. What is not finite is left out. */
export function decimate(x: Column, y: Column, limit: number): readonly Point[] {
  const finite = finiteIndices(y);
  const at = (i: number) => finite[i]!;
  const point = (i: number): Point => ({ x: x[at(i)]!, y: y[at(i)]! });
  if (finite.length <= limit) return Array.from(finite, (_, i) => point(i));
  const bucket = (finite.length - 2) / (limit - 2);
  const kept: Point[] = [point(0)];
  for (let i = 0; i < limit - 2; i++) {
    const begin = Math.floor(i * bucket) + 1;
    const end = Math.floor((i + 1) * bucket) + 1;
    const nextEnd = Math.min(Math.floor((i + 2) * bucket) + 1, finite.length);
    // The triangle's corners: the point kept last, the candidate, the average of the next bucket.
    const before = kept.at(-1)!;
    let nextX = 0;
    let nextY = 0;
    for (let k = end; k < nextEnd; k++) {
      nextX += x[at(k)]!;
      nextY += y[at(k)]!;
    }
    const dx = before.x - nextX / (nextEnd - end);
    const dy = nextY / (nextEnd - end) - before.y;
    let best = begin;
    let bestArea = -1;
    for (let k = begin; k < end; k++) {
      const area = Math.abs(dx * (y[at(k)]! - before.y) - (before.x - x[at(k)]!) * dy);
      if (area > bestArea) {
        best = k;
        bestArea = area;
      }
    }
    kept.push(point(best));
  }
  kept.push(point(finite.length - 1));
  return kept;
}

function finiteIndices(values: Column): Uint32Array {
  const indices = new Uint32Array(values.length);
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Number.isFinite(values[i])) indices[count++] = i;
  return indices.subarray(0, count);
}
