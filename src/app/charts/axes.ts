/** The axes of a chart: what range they cover, where they are marked, and in which words. The marks are d3's. Pure functions. */
import { scaleLinear, scaleLog, scaleUtc, tickFormat } from 'd3-scale';
import { type Range, smallest } from './curve';

interface Tick {
  readonly value: number;
  /** No two of an axis are alike. */
  readonly label: string;
}

export interface ChartAxis extends Range {
  readonly ticks: readonly Tick[];
  readonly isLog: boolean;
}

interface ValueAxisOptions {
  readonly logScale?: boolean;
  /** Nothing lies beyond, so no mark does: a share ends at 1. */
  readonly bounds?: Range;
  readonly isShare?: boolean;
}

const valueTicks = 4;
const placeTicks = 7;

/** A range so narrow for its values that labels could not tell its ends apart counts as one value. */
const narrowest = 1e-9;

/** An axis that contains the range, with round marks; on a logarithmic one everything must be above zero. */
export function valueAxis(range: Range | null, options: ValueAxisOptions = {}): ChartAxis {
  const { logScale = false, bounds, isShare = false } = options;
  if (range && logScale && range.min > 0) return logAxis(range);
  const known = range ?? bounds ?? { min: 0, max: 1 };
  const nice = scaleLinear().domain(spread(known, bounds)).nice(valueTicks).domain();
  const min = Math.min(Math.max(nice[0]!, bounds?.min ?? nice[0]!), known.min);
  const max = Math.max(Math.min(nice[1]!, bounds?.max ?? nice[1]!), known.max);
  const values = ticksWithin(scaleLinear().domain([min, max]).ticks(valueTicks), { min, max });
  const label = isShare ? shareLabels(min, max) : numberLabels(min, max);
  return { min, max, ticks: labelled(values, label), isLog: false };
}

/** The ends of an axis for it: apart, and within the bounds. */
function spread({ min, max }: Range, bounds: Range | undefined): [number, number] {
  const largest = Math.max(Math.abs(min), Math.abs(max));
  if (max - min > Math.max(narrowest * largest, 2 * smallest)) return [min, max];
  const pad = largest > 100 * smallest ? largest / 10 : 1;
  const low = min >= 0 ? Math.max(0, min - pad) : min - pad;
  return [Math.max(low, bounds?.min ?? low), Math.min(max + pad, bounds?.max ?? max + pad)];
}

/** The range with a little air. Decades are marked where there are several, with their 2 and 5 where there is room. */
function logAxis({ min, max }: Range): ChartAxis {
  const air = max / min > 1 + narrowest ? Math.exp(0.03 * (Math.log(max) - Math.log(min))) : 1.1;
  const low = min / air;
  const high = max * air;
  const all = scaleLog().domain([low, high]).ticks(valueTicks);
  const few = [/./, /^[125]/, /^[13]/, /^1/]
    .map((digits) => all.filter((tick) => digits.test(tick.toExponential())))
    .find((ticks) => ticks.length <= valueTicks + 2);
  return {
    min: low,
    max: high,
    ticks: labelled(ticksWithin(few ?? all, { min: low, max: high }), plainLabel),
    isLog: true,
  };
}

function ticksWithin(ticks: readonly number[], { min, max }: Range): readonly number[] {
  const within = ticks.filter((tick) => tick >= min && tick <= max);
  return within.length >= 2 ? within : [min, max];
}

/** A mark whose label stands there already says nothing. */
function labelled(values: readonly number[], label: (value: number) => string): readonly Tick[] {
  const ticks = values.map((value) => ({ value, label: label(value) }));
  return ticks.filter((tick, i) => ticks.findIndex((other) => other.label === tick.label) === i);
}

/** As many places as tell the marks of a range apart; powers of ten where there would be too many. */
function numberLabels(min: number, max: number): (value: number) => string {
  const largest = Math.max(Math.abs(min), Math.abs(max));
  if (largest >= 1e6 || largest < 1e-3) return plainLabel;
  return tickFormat(min, max, valueTicks, ',f');
}

function shareLabels(min: number, max: number): (value: number) => string {
  const percent = tickFormat(min, max, valueTicks, '%');
  return (value) => percent(value).replace('%', '\u00a0%');
}

/** Up to twelve digits, without zeros that say nothing: `0.46`, `1,000`, `2e-5`. */
function plainLabel(value: number): string {
  const rounded = Number(value.toPrecision(12));
  const size = Math.abs(rounded);
  const text =
    size === 0 || (size >= 1e-3 && size < 1e6)
      ? rounded.toLocaleString('en', { maximumFractionDigits: 12 })
      : rounded.toExponential().replace('e+', 'e');
  return text.replace('-', '\u2212').replace('e\u2212', 'e-');
}

export type PlaceUnit = 'count' | 'number' | 'seconds';

/** The marks of an x axis. It covers exactly the range, but where that is a single place. */
export function placeAxis(range: Range, unit: PlaceUnit): ChartAxis {
  const isPlace = range.max - range.min <= Math.max(1e-6, narrowest * Math.abs(range.max));
  const { min, max } = isPlace ? { min: Math.max(0, range.min - 1), max: range.max + 1 } : range;
  const ticks = placeMarks[unit]({ min, max }).filter(({ value }) => value >= min && value <= max);
  return { min, max, ticks, isLog: false };
}

const placeMarks: Readonly<Record<PlaceUnit, (range: Range) => readonly Tick[]>> = {
  // No more marks than there are whole numbers.
  count: ({ min, max }) => {
    const ticks = scaleLinear()
      .domain([min, max])
      .ticks(Math.min(placeTicks, Math.max(1, Math.floor(max - min))));
    return labelled(ticks.filter(Number.isInteger), (value) => value.toLocaleString('en'));
  },
  number: ({ min, max }) =>
    labelled(scaleLinear().domain([min, max]).ticks(placeTicks), tickFormat(min, max, placeTicks, ',f')),
  seconds: ({ min, max }) => {
    // A clock's marks need a second at least.
    if (max - min < 1)
      return labelled(
        scaleLinear().domain([min, max]).ticks(placeTicks),
        (value) => `${plainLabel(value)}\u00a0s`,
      );
    const seconds = scaleUtc()
      .domain([min * 1000, max * 1000])
      .ticks(placeTicks)
      .map((date) => date.getTime() / 1000);
    // From one second d3 goes to five at once.
    const every = Math.ceil(seconds.length / (placeTicks + 2));
    return labelled(
      seconds.filter((_, i) => i % every === 0),
      clockLabel,
    );
  },
};

/** `0 s`, `1 min 30 s`, `2 h`. */
function clockLabel(seconds: number): string {
  if (!Number.isInteger(seconds)) return `${Number(seconds.toFixed(3))}\u00a0s`;
  const parts = [
    [Math.floor(seconds / 3600), 'h'],
    [Math.floor((seconds % 3600) / 60), 'min'],
    [seconds % 60, 's'],
  ] as const;
  const words = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count}\u00a0${unit}`);
  return words.join('\u00a0') || '0\u00a0s';
}
