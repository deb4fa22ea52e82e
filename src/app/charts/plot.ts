/** Where a curve's points lie in a plot. Pure functions. */
import type { Curve } from './curve';
import { gap } from './thin';

/** Where the plot lies in its picture, in pixels, and what it covers. */
export interface Plot {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly xMin: number;
  readonly xMax: number;
  readonly yMin: number;
  readonly yMax: number;
  readonly logScale: boolean;
}

type Placer = (x: number, y: number) => readonly [left: number, top: number];

export function placer({ left, top, width, height, xMin, xMax, yMin, yMax, logScale }: Plot): Placer {
  const scale = (value: number) => (logScale ? Math.log(value) : value);
  const [low, high] = [scale(yMin), scale(yMax)];
  return (x, y) => [
    left + width * ((x - xMin) / (xMax - xMin)),
    top + height * (1 - (scale(y) - low) / (high - low)),
  ];
}

/** A tenth of a pixel is finer than any screen. A point between two gaps is a stroke as long as it is wide. */
export function pathOf(curve: Curve, indices: readonly number[], at: Placer): string {
  let path = '';
  indices.forEach((index, i) => {
    if (index === gap) return;
    const [x, y] = at(curve.x[index]!, curve.y[index]!);
    const begins = i === 0 || indices[i - 1] === gap;
    const isAlone = begins && (i + 1 === indices.length || indices[i + 1] === gap);
    path += isAlone
      ? `M${(x - 1).toFixed(1)} ${y.toFixed(1)}h2`
      : `${begins ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return path;
}
