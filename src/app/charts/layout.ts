/** The axes of all charts, which belong together. Pure functions. */
import type { Axis } from '../store/state';
import { type ChartAxis, placeAxis, valueAxis } from './axes';
import type { ChartSpec } from './chart-specs';
import { type Range, xRangeOf, yRangeOf } from './curve';
import { placeWords } from './place-words';
import { within } from './zoom';

export interface ChartLayout {
  readonly specs: readonly ChartSpec[];
  /** Of each, in their order. */
  readonly values: readonly ChartAxis[];
  /** Of all of them. */
  readonly places: ChartAxis;
  /** Everything that there is to see of the x axis; null where nothing was measured. */
  readonly all: Range | null;
  /** The part of it that is looked at; null for all. */
  readonly zoom: Range | null;
  /** What is seen of it. */
  readonly seen: Range;
  /** Room for the marks of the y axes, in pixels: the same in all, so that places stand one above another. */
  readonly valueWidth: number;
}

export function layOut(
  specs: readonly ChartSpec[],
  axis: Axis,
  asked: Range | null,
  logScale: boolean,
): ChartLayout {
  const all = xRangeOf(specs.flatMap((spec) => spec.lines.map(({ curve }) => curve)));
  const zoom = asked && all && within(asked, all);
  const seen = zoom ?? all ?? { min: 0, max: 1 };
  const values = specs.map((spec) => valuesOf(spec, seen, all ?? seen, logScale));
  const longest = Math.max(...values.flatMap(({ ticks }) => ticks.map(({ label }) => label.length)), 0);
  return {
    ...{ specs, values, all, zoom, seen },
    places: placeAxis(seen, placeWords[axis].unit),
    valueWidth: Math.max(44, Math.ceil(longest * 6.6) + 12),
  };
}

function valuesOf(spec: ChartSpec, seen: Range, all: Range, logScale: boolean): ChartAxis {
  const { bounds, isShare, isLogarithmic } = spec;
  const curves = spec.lines.map(({ curve }) => curve);
  // Of what is seen; where only lines between points are, of all.
  const rangeOf = (isLog: boolean) => yRangeOf(curves, seen, isLog) ?? yRangeOf(curves, all, isLog);
  const ofLog = logScale && isLogarithmic ? rangeOf(true) : null;
  return valueAxis(ofLog ?? rangeOf(false), {
    logScale: ofLog !== null,
    isShare,
    ...(bounds && { bounds }),
  });
}
