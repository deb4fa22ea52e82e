/** The curves as numbers: every evaluation and about twenty points of each training curve. */
import type { RunLines } from '../charts/run-lines';
import { formatLoss, formatPercent } from '../format';

interface PointsTableProps {
  readonly lines: readonly RunLines[];
  readonly axis: string;
  readonly formatX: (x: number) => string;
}

interface Row {
  readonly x: number;
  readonly cells: readonly [training: string, validation: string, accuracy: string];
}

function rowsOf({ smoothed, validationLoss, accuracy }: RunLines): readonly Row[] {
  const every = Math.max(1, Math.floor(smoothed.length / 20));
  const training = smoothed.filter((_, i) => i % every === 0 || i === smoothed.length - 1);
  return [
    ...training.map(({ x, y }): Row => ({ x, cells: [formatLoss(y), '', ''] })),
    ...validationLoss.map(
      ({ x, y }, i): Row => ({
        x,
        cells: ['', formatLoss(y), formatPercent(accuracy[i]?.y ?? Number.NaN)],
      }),
    ),
  ].sort((a, b) => a.x - b.x);
}

export function PointsTable({ lines, axis, formatX }: PointsTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <section className="table-scroll points" aria-label="Points of the curves" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Run</th>
            <th scope="col">{axis}</th>
            <th scope="col">Training loss (smoothed)</th>
            <th scope="col">Validation loss</th>
            <th scope="col">Accuracy</th>
          </tr>
        </thead>
        <tbody>
          {lines.flatMap((run) =>
            rowsOf(run).map(({ x, cells }) => (
              <tr key={`${run.runId} ${x} ${cells.join()}`}>
                <th scope="row">{run.name}</th>
                <td>{formatX(x)}</td>
                <td>{cells[0]}</td>
                <td>{cells[1]}</td>
                <td>{cells[2]}</td>
              </tr>
            )),
          )}
        </tbody>
      </table>
    </section>
  );
}
