/** A part of the x axis: closer, further, earlier, later; never beyond what there is. Pure functions. */
import type { Range } from './curve';

/** A part this small shows no line any more. */
const smallest = 1 / 2000;

/** Half of what is seen (`factor` 0.5), or twice as much (2), about its middle; null once that is all there is. */
export function scaled(seen: Range, all: Range, factor: number): Range | null {
  const middle = (seen.min + seen.max) / 2;
  const half = Math.max((factor * (seen.max - seen.min)) / 2, (smallest * (all.max - all.min)) / 2);
  return within({ min: middle - half, max: middle + half }, all);
}

/** As much as is seen, half a view later (`views` 0.5) or earlier (-0.5), up to the end. */
export function moved(seen: Range, all: Range, views: number): Range | null {
  const way = views * (seen.max - seen.min);
  return within({ min: seen.min + way, max: seen.max + way }, all);
}

/** Pushed into what there is; null where it is all of it, or there is nothing to see in it. */
export function within({ min, max }: Range, all: Range): Range | null {
  const width = max - min;
  if (!(width > 0) || width >= all.max - all.min) return null;
  const low = Math.min(Math.max(min, all.min), all.max - width);
  return { min: low, max: low + width };
}
