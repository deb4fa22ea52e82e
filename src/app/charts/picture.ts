/**
 * A chart as a picture that stands alone, as shapes: what the page shows, with title and legend, at a size of its own.
 * Pure: whoever draws it brings the colours and measures the text.
 */
import type { ChartAxis } from './axes';
import type { ChartLine } from './chart-line';
import type { RunStyle } from './palette';
import { pathOf, placer } from './plot';
import { gap, thin } from './thin';

export type Shape =
  | {
      readonly kind: 'rect';
      readonly x: number;
      readonly y: number;
      readonly width: number;
      readonly height: number;
      readonly fill: string;
    }
  | {
      readonly kind: 'path';
      readonly d: string;
      readonly stroke: string;
      readonly strokeWidth: number;
      readonly dash: string;
      readonly opacity: number;
      /** Only what lies in the plot is seen. */
      readonly isClipped: boolean;
    }
  | {
      readonly kind: 'circle';
      readonly x: number;
      readonly y: number;
      readonly r: number;
      readonly fill: string;
    }
  | {
      readonly kind: 'text';
      readonly x: number;
      /** Of the line that the text stands on. */
      readonly y: number;
      readonly text: string;
      readonly size: number;
      readonly weight: number;
      readonly anchor: 'start' | 'middle' | 'end';
      readonly fill: string;
    };

export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  /** What it shows, in sentences. */
  readonly description: string;
  readonly font: string;
  /** Lines end there. */
  readonly plot: {
    readonly left: number;
    readonly top: number;
    readonly width: number;
    readonly height: number;
  };
  readonly shapes: readonly Shape[];
}

export interface PictureParts {
  readonly title: string;
  readonly description: string;
  readonly lines: readonly ChartLine[];
  readonly places: ChartAxis;
  readonly values: ChartAxis;
  readonly axisTitle: string;
  readonly runs: readonly { readonly name: string; readonly style: RunStyle }[];
  /** Tells dots from lines; empty where there is only one kind. */
  readonly note: string;
}

export interface Drawing {
  /** What a CSS colour of the page is now; `var(--…)` among them. */
  readonly colour: (css: string) => string;
  readonly font: string;
  readonly widthOf: (text: string, size: number) => number;
}

const width = 960;
const plotHeight = 420;
const pad = 24;
const legendRow = 22;
const swatch = 22;
const sizes = { title: 17, mark: 12, legend: 13 };
const longestName = 48;

export function pictureOf(parts: PictureParts, { colour, font, widthOf }: Drawing): Picture {
  const { title, description, lines, places, values, axisTitle } = parts;
  const [text, muted] = [colour('var(--text)'), colour('var(--muted)')];
  const marks = Math.max(...values.ticks.map(({ label }) => widthOf(label, sizes.mark)), 0);
  const left = pad + Math.ceil(marks) + 10;
  const top = pad + sizes.title + 18;
  const plot = { left, top, width: width - left - pad, height: plotHeight };
  const at = placer({
    ...plot,
    ...{ xMin: places.min, xMax: places.max, yMin: values.min, yMax: values.max, logScale: values.isLog },
  });
  const bottom = top + plotHeight;
  const legend = legendOf(parts, { top: bottom + 62, text, muted, colour, widthOf });
  const height = legend.bottom + pad;
  const word = (x: number, y: number, words: string, anchor: 'start' | 'middle' | 'end'): Shape => ({
    kind: 'text',
    ...{ x, y, text: words, anchor, size: sizes.mark, weight: 400, fill: muted },
  });
  const rule = (d: string, stroke: string): Shape => ({
    kind: 'path',
    ...{ d, stroke, strokeWidth: 1, dash: '', opacity: 1, isClipped: false },
  });
  const shapes: Shape[] = [
    { kind: 'rect', x: 0, y: 0, width, height, fill: colour('var(--raised)') },
    {
      kind: 'text',
      ...{
        x: pad,
        y: pad + sizes.title,
        text: title,
        size: sizes.title,
        weight: 650,
        anchor: 'start',
        fill: text,
      },
    },
    ...values.ticks.flatMap(({ value, label }) => {
      const [, y] = at(places.min, value);
      return [
        rule(`M${left} ${y.toFixed(1)}h${plot.width}`, colour('var(--line)')),
        word(left - 10, y + 4, label, 'end'),
      ];
    }),
    rule(`M${left} ${bottom}h${plot.width}`, colour('var(--line-strong)')),
    ...places.ticks.map(({ value, label }) => word(at(value, values.max)[0], bottom + 18, label, 'middle')),
    word(left + plot.width / 2, bottom + 38, axisTitle, 'middle'),
    ...lines.flatMap((line) => shapesOf(line, places, values, at, colour)),
    ...legend.shapes,
  ];
  return { width, height, title, description, font, plot, shapes };
}

/** As many as the picture is wide. */
const maxPoints = 900;

function shapesOf(
  { curve, look, style }: ChartLine,
  places: ChartAxis,
  values: ChartAxis,
  at: ReturnType<typeof placer>,
  colour: Drawing['colour'],
): readonly Shape[] {
  const indices = thin(curve, places, maxPoints, values.isLog);
  const stroke = colour(style.colour);
  const isFaint = look === 'faint';
  const path: Shape = {
    kind: 'path',
    d: pathOf(curve, indices, at),
    stroke,
    strokeWidth: look === 'line' ? 2 : 1,
    dash: look === 'points' ? '1 3' : isFaint ? '' : style.dash,
    opacity: isFaint ? 0.28 : 1,
    isClipped: true,
  };
  if (look !== 'points') return [path];
  const seen = indices.filter(
    (index) => index !== gap && curve.x[index]! >= places.min && curve.x[index]! <= places.max,
  );
  return [
    path,
    ...seen.map((index): Shape => {
      const [x, y] = at(curve.x[index]!, curve.y[index]!);
      return { kind: 'circle', x, y, r: 3.5, fill: stroke };
    }),
  ];
}

interface LegendPlace extends Pick<Drawing, 'colour' | 'widthOf'> {
  readonly top: number;
  readonly text: string;
  readonly muted: string;
}

function legendOf(
  { runs, note }: PictureParts,
  { top, text, muted, colour, widthOf }: LegendPlace,
): { readonly shapes: readonly Shape[]; readonly bottom: number } {
  const shapes: Shape[] = [];
  let [x, y] = [pad, top];
  const entry = (words: string, style: RunStyle | null) => {
    const room = (style ? swatch + 8 : 0) + widthOf(words, sizes.legend) + 20;
    if (x > pad && x + room > width - pad) [x, y] = [pad, y + legendRow];
    if (style)
      shapes.push({
        kind: 'path',
        ...{ d: `M${x} ${y - 4}h${swatch}`, stroke: colour(style.colour), strokeWidth: 3 },
        ...{ dash: style.dash, opacity: 1, isClipped: false },
      });
    shapes.push({
      kind: 'text',
      ...{ x: x + (style ? swatch + 8 : 0), y, text: words, size: sizes.legend, weight: 400 },
      ...{ anchor: 'start' as const, fill: style ? text : muted },
    });
    x += room;
  };
  for (const { name, style } of runs) entry(shortened(name), style);
  if (note !== '') entry(note, null);
  return { shapes, bottom: y };
}

const shortened = (name: string) => {
  const letters = [...name];
  return letters.length > longestName ? `${letters.slice(0, longestName - 1).join('')}…` : name;
};
