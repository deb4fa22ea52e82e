/** The ranges of a chart's axes, with round ends. */
import type { Point } from './decimate';

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** Ranges of lines that were looked at before: finished curves do not change. */
const known = new WeakMap<readonly Point[], Range>();

/** The range of all lines' values; null where there is no point. */
export function valueRange(lines: readonly (readonly Point[])[]): Range | null {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const points of lines) {
    const range = valueRangeOfLine(points);
    min = Math.min(min, range.min);
    max = Math.max(max, range.max);
  }
  return min <= max ? { min, max } : null;
}

function valueRangeOfLine(points: readonly Point[]): Range {
  const before = known.get(points);
  if (before) return before;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const { y } of points) {
    if (y < min) min = y;
    if (y > max) max = y;
  }
  known.set(points, { min, max });
  return { min, max };
}

/** What a logarithmic axis shows at least: a loss of 0 has no place on it. */
const smallestOnLogScale = 1e-6;

/** Four to six round values that cover the range; on a logarithmic axis decades with their 2 and 5; whole ones if asked. */
export function niceTicks(range: Range, { logScale = false, whole = false } = {}): readonly number[] {
  return logScale ? logTicks(range) : linearTicks(range, whole);
}

function linearTicks({ min, max }: Range, whole: boolean): readonly number[] {
  const span = max - min || Math.abs(max) || 1;
  const rough = span / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const round = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const step = whole ? Math.max(1, Math.ceil(round)) : round;
  const first = Math.floor(min / step);
  const count = Math.max(1, Math.ceil(max / step) - first);
  const ticks = Array.from({ length: count + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
  return min === max && ticks.at(-1) === max ? [...ticks, max + step] : ticks;
}

function logTicks(range: Range): readonly number[] {
  const min = Math.max(range.min, smallestOnLogScale);
  const max = Math.max(range.max, min * 2);
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(min)); 10 ** power <= max * 1.0001; power++) {
    for (const factor of [1, 2, 5]) ticks.push(Number(`${factor}e${power}`));
  }
  ticks.push(Number(`1e${Math.floor(Math.log10(max)) + 1}`));
  const first = ticks.findLastIndex((tick) => tick <= min);
  const last = ticks.findIndex((tick) => tick >= max);
  return ticks.slice(Math.max(first, 0), last + 1);
}
