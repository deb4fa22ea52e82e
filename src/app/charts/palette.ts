/** Colour and dash of a run: eight colours that stay apart for colour-blind eyes, as a test holds them to, and dashes beyond. */

const colourCount = 8;
const dashes = ['', '6 3', '2 3', '8 3 2 3'];

export interface RunStyle {
  /** A CSS custom property of the theme. */
  readonly colour: string;
  readonly dash: string;
}

const styles: RunStyle[] = [];

/** By the run's place in the order of creation, so that a run keeps its colour; the same object for the same place. */
export function styleOfRun(index: number): RunStyle {
  styles[index] ??= {
    colour: `var(--series-${(index % colourCount) + 1})`,
    dash: dashes[index % dashes.length]!,
  };
  return styles[index];
}
