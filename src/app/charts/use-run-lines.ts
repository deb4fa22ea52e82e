/** The lines of the shown runs, computed anew at most five times a second however fast points arrive. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useStudio, useStudioState } from '../store/context';
import { linesOf, type RunLines } from './run-lines';

/** Between two drawings: five a second; with many curves, which take long to paint, two. */
const intervalMs = { few: 200, many: 450 };
const manyRuns = 5;

/** The latest value, handed on at most once an interval, however often it changes in between; the last one always comes. */
function useThrottled<T>(value: T, waitMs: number): T {
  const [shown, setShown] = useState(value);
  const latest = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  latest.current = value;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the value is what starts the timer; the timer reads the latest
  useEffect(() => {
    timer.current ??= setTimeout(() => {
      timer.current = null;
      setShown(latest.current);
    }, waitMs);
  }, [value]);
  useEffect(
    () => () => {
      if (timer.current !== null) clearTimeout(timer.current);
      timer.current = null;
    },
    [],
  );
  return shown;
}

/** Lines of runs whose series did not change are the same objects as before, so nothing of them is computed or drawn. */
export function useRunLines(): readonly RunLines[] {
  const { series } = useStudio();
  const shownRuns = useStudioState((s) => s.shownRuns);
  const axis = useStudioState((s) => s.chart.axis);
  const smoothing = useStudioState((s) => s.chart.smoothing);
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
  return useMemo(
    () =>
      shownRuns.flatMap((id) => {
        const run = runs.find((r) => r.id === id);
        const points = series.get(id);
        if (!run || !points) return [];
        const key = `${axis} ${smoothing} ${points.steps.length} ${points.evaluations.length}`;
        const before = known.current.get(id);
        if (before?.key === key && before.run === run) return [before.lines];
        const lines = linesOf(run, points, axis, smoothing);
        known.current.set(id, { key, run, lines });
        return [lines];
      }),
    [shownRuns, runs, axis, smoothing, version],
  );
}
