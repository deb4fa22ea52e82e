/** Which runs are on the charts and in the comparison. Pure functions. */
import { isActive, type StudioState } from './state';

/**
 * Of the runs that are asked for those that are there, or the newest where none of them is. The one that trains is always among
 * them, so that going back to an address from before it began does not take it away.
 */
export function runsToShow(
  asked: readonly string[] | 'newest',
  { runs, live }: Pick<StudioState, 'runs' | 'live'>,
): readonly string[] {
  const isThere = (id: string) => runs.some((run) => run.id === id);
  const known = asked === 'newest' ? [] : asked.filter(isThere);
  const isNone = asked !== 'newest' && asked.length === 0;
  const shown = known.length > 0 || isNone ? known : runs.slice(0, 1).map(({ id }) => id);
  const isLeftOut = isActive(live) && isThere(live.runId) && !shown.includes(live.runId);
  return isLeftOut ? [...shown, live.runId] : shown;
}

/** The newest run is looked at; runs chosen for comparison stay. */
export const withNewest = (shownRuns: readonly string[], runId: string): readonly string[] => [
  ...(shownRuns.length > 1 ? shownRuns.filter((id) => id !== runId) : []),
  runId,
];
