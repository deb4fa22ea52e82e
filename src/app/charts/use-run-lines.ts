/** The lines of the shown runs, computed anew at most four times a second however fast points arrive. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useStudio, useStudioState } from '../store/context';
import type { Axis } from '../store/state';
import { linesOf, type RunLines } from './run-lines';

const intervalMs = 250;

/** The series' version, looked at once an interval at most; the last one always comes. */
function useThrottledVersion(): number {
  const { store } = useStudio();
  const [version, setVersion] = useState(() => store.getState().seriesVersion);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | null = null;
    let lastLook = Number.NEGATIVE_INFINITY;
    const look = () => {
      timer = null;
      lastLook = performance.now();
      setVersion(store.getState().seriesVersion);
    };
    look();
    const unsubscribe = store.subscribe(({ seriesVersion }, before) => {
      if (seriesVersion === before.seriesVersion) return;
      timer ??= setTimeout(look, Math.max(0, lastLook + intervalMs - performance.now()));
    });
    return () => {
      unsubscribe();
      if (timer !== null) clearTimeout(timer);
    };
  }, [store]);
  return version;
}

interface Known {
  readonly version: number;
  readonly axis: Axis;
  readonly smoothing: number;
  readonly lines: RunLines;
}

/** Lines of runs whose series did not change are the same objects as before, so nothing of them is computed or drawn. */
export function useRunLines(): readonly RunLines[] {
  const { series } = useStudio();
  const runs = useStudioState((s) => s.runs);
  const shownRuns = useStudioState((s) => s.shownRuns);
  const axis = useStudioState((s) => s.chart.axis);
  const smoothing = useStudioState((s) => s.chart.smoothing);
  const version = useThrottledVersion();
  const known = useRef(new Map<string, Known>());
  // biome-ignore lint/correctness/useExhaustiveDependencies: the series are mutable; their version says when to look
  return useMemo(
    () =>
      shownRuns.flatMap((id) => {
        const run = runs.find((r) => r.id === id);
        const points = series.get(id);
        if (!run || !points) return [];
        const before = known.current.get(id);
        if (before?.version === points.version && before.axis === axis && before.smoothing === smoothing)
          return [before.lines];
        const lines = linesOf(run, points, axis, smoothing);
        known.current.set(id, { version: points.version, axis, smoothing, lines });
        return [lines];
      }),
    [shownRuns, runs, axis, smoothing, version],
  );
}
