/** The lines of the shown runs, computed anew at most five times a second however fast points arrive. */
import { useMemo, useRef } from 'react';
import { useStudio, useStudioState } from '../store/context';
import type { RunStyles } from './chart-specs';
import { styleOfRun } from './palette';
import { linesOf, type RunLines } from './run-lines';
import { useThrottled } from './use-throttled';

/** Between two drawings: five a second; with many curves, which take long to paint, two. */
const intervalMs = { few: 200, many: 450 };
const manyRuns = 5;

export interface ShownRuns {
  readonly lines: readonly RunLines[];
  readonly styles: RunStyles;
}

/** Lines of runs whose series did not change are the same objects as before, so nothing of them is computed or drawn. */
export function useRunLines(): ShownRuns {
  const { series } = useStudio();
  const shownRuns = useStudioState((s) => s.shownRuns);
  const axis = useStudioState((s) => s.chart.axis);
  const smoothing = useStudioState((s) => s.chart.smoothing);
  const measures = useStudioState((s) => s.chart.measures);
  const waitMs = shownRuns.length >= manyRuns ? intervalMs.many : intervalMs.few;
  const allRuns = useStudioState((s) => s.runs);
  const seriesVersion = useStudioState((s) => s.seriesVersion);
  // Runs change with every report of the one that trains; they are taken together with its points, in one drawing.
  const latest = useMemo(() => ({ runs: allRuns, version: seriesVersion }), [allRuns, seriesVersion]);
  const { runs, version } = useThrottled(latest, waitMs);
  const known = useRef(
    new Map<string, { readonly key: string; readonly run: unknown; readonly lines: RunLines }>(),
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the series are mutable; their version says when to look
  const lines = useMemo(
    () =>
      shownRuns.flatMap((id) => {
        const run = runs.find((r) => r.id === id);
        const points = series.get(id);
        if (!run || !points) return [];
        const key = `${axis} ${smoothing} ${measures} ${points.steps.length} ${points.evaluations.length}`;
        const before = known.current.get(id);
        if (before?.key === key && before.run === run) return [before.lines];
        const lines = linesOf(run, points, { axis, smoothing, measures });
        known.current.set(id, { key, run, lines });
        return [lines];
      }),
    [shownRuns, runs, axis, smoothing, measures, version],
  );
  const styles = useMemo(() => {
    const byAge = [...runs].sort((a, b) => a.createdAt - b.createdAt);
    return new Map(byAge.map(({ id }, i) => [id, styleOfRun(i)]));
  }, [runs]);
  return { lines, styles };
}
