/** Runs as the page lists them: which of them can go on depends on the checkpoints that are there. */

import type { ListedRun } from '../../protocol/types';
import { isUnderWay, leadsOn, next, recordedAs } from '../../runs/life';
import type { RunRecord } from '../../runs/record';
import type { StudioStore } from '../../storage/store';

export function listed(run: RunRecord, hasCheckpoint: boolean): ListedRun {
  const { status } = run;
  // A paused one is not listed as such: the tab that holds it has its own button.
  const canResume =
    !isUnderWay(status) && leadsOn(status, 'resume') && (status !== 'failed' || hasCheckpoint);
  return { ...run, canResume };
}

/**
 * Newest first. `inUse` are the runs of any tab, known before: one that is recorded as training and of no tab was interrupted,
 * though there was no room to write that down.
 */
export async function listRuns(store: StudioStore, inUse: ReadonlySet<string>): Promise<ListedRun[]> {
  const [runs, withCheckpoint] = await Promise.all([store.listRuns(), store.runsWithCheckpoint()]);
  return runs.map((run) => {
    const { status } = run;
    const isLeft = isUnderWay(status) && !inUse.has(run.id);
    return listed(
      isLeft ? { ...run, status: recordedAs(next(status, 'interrupt')) } : run,
      withCheckpoint.has(run.id),
    );
  });
}
