/** The lines of the shown runs, computed anew at most five times a second however fast points arrive. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useStudio, useStudioState } from '../store/context';
import { linesOf, type RunLines } from './run-lines';

const intervalMs = 200;

/** The latest value, handed on at most once an interval; the last one always comes. */
function useThrottled<T>(value: T): T {
  const [shown, setShown] = useState(value);
  const lastChange = useRef(0);
  useEffect(() => {
    const wait = Math.max(0, lastChange.current + intervalMs - performance.now());
    const timer = setTimeout(() => {
      lastChange.current = performance.now();
      setShown(value);
    }, wait);
    return () => clearTimeout(timer);
  }, [value]);
  return shown;
}

/** Lines of runs whose series did not change are the same objects as before, so nothing of them is computed or drawn. */
export function useRunLines(): readonly RunLines[] {
  const { series } = useStudio();
  const runs = useStudioState((s) => s.runs);
  const shownRuns = useStudioState((s) => s.shownRuns);
  const axis = useStudioState((s) => s.chart.axis);
  const smoothing = useStudioState((s) => s.chart.smoothing);
  const version = useThrottled(useStudioState((s) => s.seriesVersion));
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
