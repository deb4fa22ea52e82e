/** Which line is whose; a click takes a run off the chart. */
import { type RunStyle, styleOfRun } from '../charts/palette';
import type { RunLines } from '../charts/run-lines';
import { useStudio } from '../store/context';
import { Swatch } from './Swatch';

interface CurveLegendProps {
  readonly lines: readonly RunLines[];
  readonly styles: ReadonlyMap<string, RunStyle>;
}

export function CurveLegend({ lines, styles }: CurveLegendProps) {
  const studio = useStudio();
  return (
    <ul className="legend" aria-label="Runs on the chart">
      {lines.map(({ runId, name }) => (
        <li key={runId}>
          <button
            type="button"
            className="legend-run"
            aria-label={`Hide ${name}`}
            title={`Hide ${name}`}
            onClick={() => studio.toggleRun(runId)}
          >
            <Swatch style={styles.get(runId) ?? styleOfRun(0)} /> {name}
          </button>
        </li>
      ))}
      <li className="muted legend-key">line: training · dots: validation</li>
    </ul>
  );
}
