/** Where a run's checkpoints are. */

export type Slot = 'a' | 'b';

export const slotKey = (runId: string, slot: Slot) => `checkpoint/${runId}/${slot}`;
export const newestKey = (runId: string) => `checkpoint/${runId}/newest`;

/** The keys of everything that belongs to a run's checkpoints. */
export function checkpointKeys(runId: string): string[] {
  return [slotKey(runId, 'a'), slotKey(runId, 'b'), newestKey(runId)];
}

/** The run whose checkpoint is at a key; undefined for other keys, that of the pointer included. */
export const runOfSlot = (key: string): string | undefined => /^checkpoint\/(.*)\/[ab]$/s.exec(key)?.[1];

/** The run of a checkpoint's key, whose id may have slashes. */
export const runOfKey = (key: string) => key.split('/').slice(1, -1).join('/');
