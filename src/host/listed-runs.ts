/** Runs as the page lists them: which of them can go on depends on the checkpoints that are there. */
import type { RunRecord } from '../protocol/records';
import type { ListedRun } from '../protocol/types';
import type { StudioStore } from '../storage/store';

export function listed(run: RunRecord, hasCheckpoint: boolean): ListedRun {
  const canResume = run.status === 'interrupted' || (run.status === 'failed' && hasCheckpoint);
  return { ...run, canResume };
}

/** Newest first. */
export async function listRuns(store: StudioStore): Promise<ListedRun[]> {
  const [runs, withCheckpoint] = await Promise.all([store.listRuns(), store.runsWithCheckpoint()]);
  return runs.map((run) => listed(run, withCheckpoint.has(run.id)));
}
