/** The ticked runs beside each other: what differs between their settings, and what came of it. */
import { useMemo } from 'react';
import { useStudioState } from '../store/context';
import { ComparisonTable } from './ComparisonTable';

/** Columns of the comparison; more do not fit beside each other, and the curves show them all. */
const maxCompared = 8;

export function ComparisonPanel() {
  const runs = useStudioState((s) => s.runs);
  const shownRuns = useStudioState((s) => s.shownRuns);
  const compared = useMemo(
    () => shownRuns.flatMap((id) => runs.find((run) => run.id === id) ?? []).slice(-maxCompared),
    [runs, shownRuns],
  );
  return compared.length < 2 ? null : (
    <ComparisonTable runs={compared} hidden={shownRuns.length - compared.length} />
  );
}
