/** The curves in numbers: every evaluation, and about twenty steps of each run. */
import { metrics } from '../../task';
import { isDrawn, type Range } from './curve';
import { formatterOf, type MeasureId, measures } from './measures';
import type { RunLines } from './run-lines';

const stepsOfRun = 20;

interface PointsTableProps {
  readonly lines: readonly RunLines[];
  readonly shown: readonly MeasureId[];
  readonly isSmoothed: boolean;
  readonly placeTitle: string;
  /** What is seen of the x axis. */
  readonly places: Range;
  readonly formatPlace: (x: number) => string;
}

export function PointsTable({ lines, shown, isSmoothed, placeTitle, places, formatPlace }: PointsTableProps) {
  const smoothed = ['loss', 'gradientNorm'];
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <section className="table-scroll" aria-label="Points of the curves" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">{placeTitle}</th>
            {shown.map((measure) => (
              <th scope="col" key={measure}>
                {measures[measure]}
                {isSmoothed && smoothed.includes(measure) ? ' (smoothed)' : ''}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {lines.flatMap((ofRun) =>
            placesToList(ofRun, shown, places).map((place) => (
              <tr key={`${ofRun.run.id} ${place}`}>
                <th scope="row">{ofRun.run.name}</th>
                <td>{formatPlace(place)}</td>
                {shown.map((measure) => (
                  <td key={measure}>{cellOf(ofRun, measure, place)}</td>
                ))}
              </tr>
            )),
          )}
        </tbody>
      </table>
    </section>
  );
}

const ofEvaluations: readonly MeasureId[] = ['validationLoss', 'metric'];

/** In order, each once. */
function placesToList({ curves }: RunLines, shown: readonly MeasureId[], seen: Range): readonly number[] {
  const isSeen = (x: number) => x >= seen.min && x <= seen.max;
  const listed = shown.flatMap((measure) => {
    const { x } = curves[measure]?.raw ?? { x: [] };
    const all = x.filter(isSeen);
    if (ofEvaluations.includes(measure)) return all;
    const every = Math.max(1, Math.floor(all.length / stepsOfRun));
    return all.filter((_, i) => i % every === 0 || i === all.length - 1);
  });
  return [...new Set(listed)].sort((a, b) => a - b);
}

/** Empty where nothing was measured at the very place. */
function cellOf({ curves, metric }: RunLines, measure: MeasureId, place: number): string {
  const { x, y } = curves[measure]?.smoothed ?? { x: [], y: [] };
  const index = x.indexOf(place);
  if (index < 0) return '';
  const value = y[index]!;
  if (!isDrawn(value, false)) return measure === 'metric' ? '–' : 'not finite';
  const words = formatterOf(measure, metric)(value);
  return measure === 'metric' ? `${metrics[metric].title} ${words}` : words;
}
