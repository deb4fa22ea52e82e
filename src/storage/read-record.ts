/** From what is stored under a key to today's record of its kind: brought to today's version, then checked. */
import * as v from 'valibot';
import { StudioError } from '../errors';
import { migrate } from './migrations';
import { type RecordKind, type StoredRecords, schemas, settingSchemas } from './schemas';
import { chunkKey } from './series-keys';

const hint =
  'It was changed from outside or by another version of the studio. It is kept as it is: download it, or delete it.';

/**
 * What passes the checks is as it was stored but for its version: nothing is filled in or taken away. Throws `record-damaged`
 * with the first field that is wrong, `record-from-newer-studio`.
 */
export function readRecord<K extends RecordKind>(kind: K, key: string, stored: unknown): StoredRecords[K] {
  const record = migrated(kind, stored);
  // The schema of a kind is looked up by the kind itself, which TypeScript cannot follow.
  const schema: v.GenericSchema<unknown, unknown> = schemas[kind];
  requireValid(kind, schema, record);
  const places = placesOf(kind, record);
  const other = places.find((place) => !(place.endsWith('/') ? key.startsWith(place) : key === place));
  if (other !== undefined) throw damaged(kind, `it says that it is "${other}", and is stored as "${key}".`);
  const ofName = kind === 'setting' ? settingSchemas[key.slice('setting/'.length)] : undefined;
  if (ofName) requireValid(kind, ofName, (record as StoredRecords['setting']).value);
  return record as StoredRecords[K];
}

function migrated(kind: RecordKind, stored: unknown): unknown {
  // Settings were bare values before they had a version.
  if (kind === 'setting' && ['string', 'number', 'boolean'].includes(typeof stored))
    return { version: 1, value: stored };
  try {
    const record = migrate<Record<string, unknown>>(kind, stored);
    return kind === 'checkpoint' ? { ...record, run: migrate('run', record.run) } : record;
  } catch (error) {
    if (error instanceof StudioError) throw error;
    // A step to a later version that did not find what the earlier one always had.
    throw damaged(kind, `an old version of it is not whole (${String(error)}).`);
  }
}

function requireValid(kind: RecordKind, schema: v.GenericSchema<unknown, unknown>, value: unknown): void {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return;
  const [issue] = result.issues;
  const field = v.getDotPath(issue);
  throw damaged(kind, `${field === null ? 'it' : `its field ${field}`} is wrong: ${issue.message}.`);
}

const damaged = (kind: RecordKind, what: string) =>
  new StudioError('record-damaged', `A stored ${kind} record cannot be read: ${what}`, hint);

/** The keys that a record says it has; one that ends in a slash is the beginning of it. */
function placesOf(kind: RecordKind, record: unknown): readonly string[] {
  switch (kind) {
    case 'bundle':
    case 'setting':
      return [];
    case 'checkpoint': {
      const { runId, run } = record as StoredRecords['checkpoint'];
      return [`checkpoint/${runId}/`, `checkpoint/${run.id}/`];
    }
    case 'series': {
      const { runId, index } = record as StoredRecords['series'];
      return [chunkKey(runId, index)];
    }
    default:
      return [`${kind}/${(record as { readonly id: string }).id}`];
  }
}
