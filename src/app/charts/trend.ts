/** What a curve says, in a sentence: for those who cannot see it, and for the exported picture. Pure functions. */
import { type Curve, isDrawn } from './curve';

interface TrendOptions {
  /** What is measured, e.g. `training loss`. */
  readonly what: string;
  readonly better: 'lower' | 'higher' | null;
  readonly formatValue: (y: number) => string;
  /** e.g. `step 840`. */
  readonly wordsOfPlace: (x: number) => string;
}

/** e.g. `training loss 0.69 → 0.21, lowest 0.20 at step 840`; null where nothing was measured. */
export function trendOf({ x, y }: Curve, options: TrendOptions): string | null {
  const { what, better, formatValue, wordsOfPlace } = options;
  let first = -1;
  let last = -1;
  let best = -1;
  let missing = 0;
  for (let i = 0; i < x.length; i++) {
    if (!isDrawn(y[i]!, false)) {
      missing += 1;
      continue;
    }
    if (first < 0) first = i;
    last = i;
    if (best < 0 || (better === 'higher' ? y[i]! > y[best]! : y[i]! < y[best]!)) best = i;
  }
  if (first < 0) return missing > 0 ? `${what} never a finite number` : null;
  const told = (i: number) => `${formatValue(y[i]!)} at ${wordsOfPlace(x[i]!)}`;
  const gaps = missing > 0 ? `, not a finite number ${missing === 1 ? 'once' : `${missing} times`}` : '';
  if (first === last) return `${what} ${told(first)}${gaps}`;
  const extreme = better ? `, ${better === 'lower' ? 'lowest' : 'highest'} ${told(best)}` : '';
  return `${what} ${formatValue(y[first]!)} → ${formatValue(y[last]!)}${extreme}${gaps}`;
}
