/**
 * Thins a line to as many points as a chart can show, keeping what the eye sees and every gap:
 * Largest-Triangle-Three-Buckets, Steinarsson 2013, “Downsampling time series for visual representation”, between gaps.
 */
import { type Curve, indexFrom, isDrawn, type Range } from './curve';

/** Stands between two indices where the line has a gap. */
export const gap = -1;

/**
 * Indices of the points to draw within a range of x, in order, those next to the range among them, so that the line
 * reaches the chart's edge. About `limit` of them, the ends of each stretch between two gaps always; all where they are fewer.
 */
export function thin(curve: Curve, within: Range, limit: number, logScale: boolean): readonly number[] {
  const { x } = curve;
  const begin = Math.max(0, indexFrom(curve, within.min) - 1);
  let end = indexFrom(curve, within.max);
  while (end < x.length && x[end]! <= within.max) end += 1;
  const stretches = stretchesOf(curve, begin, Math.min(end + 1, x.length), logScale);
  const points = stretches.reduce((sum, [from, to]) => sum + to - from, 0);
  const indices: number[] = [];
  for (const [from, to] of stretches) {
    if (indices.length > 0) indices.push(gap);
    const share = points <= limit ? to - from : Math.max(3, Math.floor((limit * (to - from)) / points));
    thinStretch(curve, from, to, share, indices);
  }
  return indices;
}

/** Beginning and end of each run of values that are drawn. */
function stretchesOf(
  { y }: Curve,
  begin: number,
  end: number,
  logScale: boolean,
): readonly (readonly [from: number, to: number])[] {
  const stretches: [number, number][] = [];
  let from: number | null = null;
  for (let i = begin; i < end; i++) {
    if (isDrawn(y[i]!, logScale)) from ??= i;
    else if (from !== null) {
      stretches.push([from, i]);
      from = null;
    }
  }
  if (from !== null) stretches.push([from, end]);
  return stretches;
}

function thinStretch(curve: Curve, from: number, to: number, limit: number, indices: number[]): void {
  if (to - from <= limit) {
    for (let i = from; i < to; i++) indices.push(i);
    return;
  }
  const bucket = (to - from - 2) / (limit - 2);
  const edge = (k: number) => Math.min(from + Math.floor(k * bucket) + 1, to);
  let last = from;
  indices.push(last);
  for (let k = 0; k < limit - 2; k++) {
    last = largestTriangle(curve, edge(k), edge(k + 1), last, edge(k + 1), edge(k + 2));
    indices.push(last);
  }
  indices.push(to - 1);
}

/** The point of a bucket that makes the largest triangle with the last one kept and the mean of the next bucket. */
function largestTriangle(
  { x, y }: Curve,
  begin: number,
  end: number,
  last: number,
  nextBegin: number,
  nextEnd: number,
): number {
  let nextX = 0;
  let nextY = 0;
  for (let i = nextBegin; i < nextEnd; i++) {
    nextX += x[i]! / (nextEnd - nextBegin);
    nextY += y[i]! / (nextEnd - nextBegin);
  }
  let best = begin;
  let bestArea = -1;
  for (let i = begin; i < end; i++) {
    const area = Math.abs((x[last]! - nextX) * (y[i]! - y[last]!) - (x[last]! - x[i]!) * (nextY - y[last]!));
    if (area > bestArea) {
      best = i;
      bestArea = area;
    }
  }
  return best;
}
