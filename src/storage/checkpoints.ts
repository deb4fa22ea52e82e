/**
 * Checkpoints in two slots a run. The next one is written to the slot that does not hold the newest, so a damaged slot
 * costs a few steps and not the run. A pointer to the newest is switched in the same transaction.
 */
import { sha256 } from '../formats/sha256';
import type { CheckpointRecord, RunRecord } from '../protocol/records';
import type { Database } from './database';
import { migrate } from './migrations';

export type Slot = 'a' | 'b';

const checkpointPrefix = (runId: string) => `checkpoint/${runId}/`;
export const slotKey = (runId: string, slot: Slot) => `${checkpointPrefix(runId)}${slot}`;
export const newestKey = (runId: string) => `${checkpointPrefix(runId)}newest`;

/** The run whose checkpoint is at a key; undefined for other keys, that of the pointer included. */
export const runOfSlot = (key: string): string | undefined => /^checkpoint\/(.*)\/[ab]$/s.exec(key)?.[1];

/** The keys of everything that belongs to a run's checkpoints. */
export function checkpointKeys(runId: string): string[] {
  return [slotKey(runId, 'a'), slotKey(runId, 'b'), newestKey(runId)];
}

/** Writes a checkpoint and its run's record in one transaction; returns it with its checksum. */
export async function saveCheckpoint(
  database: Database,
  checkpoint: Omit<CheckpointRecord, 'sha256'>,
): Promise<CheckpointRecord> {
  const { runId, run } = checkpoint;
  const record: CheckpointRecord = { ...checkpoint, sha256: await digestOf(checkpoint) };
  const slot: Slot = (await database.get(newestKey(runId))) === 'a' ? 'b' : 'a';
  await database.change({
    set: [
      [slotKey(runId, slot), record],
      [newestKey(runId), slot],
      [`run/${run.id}`, run],
    ],
  });
  return record;
}

/**
 * The newest checkpoint whose checksum is right, or undefined. Throws `record-from-newer-studio` where only that keeps
 * it from being read.
 */
export async function loadCheckpoint(
  database: Database,
  runId: string,
): Promise<CheckpointRecord | undefined> {
  const newest = await database.get(newestKey(runId));
  const order: readonly Slot[] = newest === 'b' ? ['b', 'a'] : ['a', 'b'];
  for (const slot of order) {
    const stored = await database.get(slotKey(runId, slot));
    if (stored === undefined) continue;
    if (!(await isIntact(stored))) continue;
    const record = migrate<CheckpointRecord>('checkpoint', stored);
    return { ...record, run: migrate<RunRecord>('run', record.run) };
  }
  return undefined;
}

/** Checked on what is stored, before any migration changes it. */
async function isIntact(stored: unknown): Promise<boolean> {
  const record = stored as Partial<CheckpointRecord> | null;
  const isWhole =
    typeof record === 'object' &&
    record !== null &&
    record.parameters instanceof Float32Array &&
    record.exponentialAverage instanceof Float32Array &&
    record.exponentialAverageSquared instanceof Float32Array;
  return isWhole && (await digestOf(record as CheckpointRecord)) === record.sha256;
}

/** Over everything but the checksum: the blocks as bytes, the rest as JSON, whose key order a clone keeps. */
function digestOf(checkpoint: Omit<CheckpointRecord, 'sha256'> & { sha256?: string }): Promise<string> {
  const { parameters, exponentialAverage, exponentialAverageSquared, sha256: _, ...rest } = checkpoint;
  const blocks = [parameters, exponentialAverage, exponentialAverageSquared].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  const lengths = blocks.map(({ byteLength }) => byteLength);
  return sha256([new TextEncoder().encode(JSON.stringify([lengths, rest])), ...blocks]);
}
