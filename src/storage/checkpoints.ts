/**
 * Checkpoints in two slots a run. The next one is written to the slot that does not hold the newest, so a damaged slot
 * costs a few steps and not the run. A pointer to the newest is switched in the same transaction.
 */

import { StudioError, toErrorReport } from '../errors';
import { sha256 } from '../formats/sha256';
import type { CheckpointRecord } from '../protocol/records';
import { checkpointKeys, newestKey, type Slot, slotKey } from './checkpoint-keys';
import type { Change, Database } from './database';
import { readRecord } from './read-record';
import { withoutSeries } from './schemas';
import type { SetAside } from './set-aside';

/** Writes a checkpoint with `others`, the run's record among them, in one transaction; returns it with its checksum. */
export async function saveCheckpoint(
  database: Database,
  checkpoint: Omit<CheckpointRecord, 'sha256'>,
  others: NonNullable<Change['set']>,
  setAside: SetAside,
): Promise<CheckpointRecord> {
  const { runId } = checkpoint;
  const record: CheckpointRecord = { ...checkpoint, sha256: await digestOf(checkpoint) };
  const slot: Slot = (await database.get(newestKey(runId))) === 'a' ? 'b' : 'a';
  await database.change({
    set: [[slotKey(runId, slot), record], [newestKey(runId), slot], ...others],
  });
  setAside.remove(slotKey(runId, slot), newestKey(runId), ...others.map(([key]) => key));
  return record;
}

/**
 * The newest checkpoint that can be read, or undefined where there never was one; what cannot be read is set aside. Throws
 * `checkpoint-damaged` where that is all there is: a run must not begin again in silence.
 */
export async function loadCheckpoint(
  database: Database,
  runId: string,
  setAside: SetAside,
): Promise<CheckpointRecord | undefined> {
  const [a, b, newest] = await database.getMany(checkpointKeys(runId));
  const slots = [
    ['a', a],
    ['b', b],
  ] as const;
  const reasons: string[] = [];
  for (const [slot, stored] of newest === 'b' ? slots.toReversed() : slots) {
    if (stored === undefined) continue;
    const key = slotKey(runId, slot);
    try {
      const record = await readCheckpoint(key, stored);
      setAside.remove(key);
      return record;
    } catch (error) {
      const { message } = toErrorReport(error);
      setAside.add(key, stored, message);
      reasons.push(message);
    }
  }
  if (reasons.length === 0) return undefined;
  throw new StudioError(
    'checkpoint-damaged',
    `The run cannot go on from a checkpoint: ${[...new Set(reasons)].join(' ')}`,
    'Its checkpoints are kept as they are, under Set aside. Start a new run with the same settings.',
  );
}

/** Throws as `readRecord`, and `record-damaged` where the checksum is another one. */
export async function readCheckpoint(key: string, stored: unknown): Promise<CheckpointRecord> {
  const record = readRecord('checkpoint', key, stored);
  // Of what is stored, before any migration changes it: it is a record, as the line before has found.
  if ((await digestOf(stored as CheckpointRecord)) === record.sha256)
    return { ...record, run: withoutSeries(record.run) };
  throw new StudioError(
    'record-damaged',
    'A stored checkpoint record is damaged: its checksum is another one.',
    'It is kept as it is: download it, or delete it.',
  );
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
