/** Data sets of older studios, whose rows are in their records: moved to files, one at a time. */
import type { Dataset } from '../../data/dataset';
import { splitNames } from '../../data/dataset-builder';
import { TextPacker, textsOf } from '../../data/texts';
import { StudioError } from '../../errors';
import type { DatasetRecord, InlineDatasetRecord } from '../../protocol/records';
import type { DatasetFiles } from '../../storage/dataset-files';
import type { StudioStore } from '../../storage/store';
import { describeFiles, openSplits, summarize } from './dataset-rows';

/** Throws `dataset-damaged` where rows to train on or to validate with are missing. */
export function inlineDataset({
  id,
  name,
  task,
  fingerprint,
  labelNames,
  inline,
}: InlineDatasetRecord): Dataset {
  const [train, validation, test] = splitNames.map((split) => {
    const rows = inline[split];
    return rows && { texts: textsOf(rows.texts), labels: rows.labels };
  });
  if (!train || !validation)
    throw new StudioError(
      'dataset-damaged',
      `The stored data set ${name} has no training or validation rows.`,
      'Drop its file again.',
    );
  const splits = { train, validation, ...(test ? { test } : {}) };
  return { id, name, task, fingerprint, labelNames, splits };
}

/**
 * Writes the rows to files, reads them back, and only if they are the same replaces the record. Throws `storage-full` and what
 * the browser throws; then nothing is written, and the old record is there to be used.
 */
export async function moveDataset(
  old: InlineDatasetRecord,
  files: DatasetFiles,
  store: Pick<StudioStore, 'saveDataset'>,
): Promise<DatasetRecord> {
  const { inline, ...head } = old;
  const folder = old.id;
  try {
    const dataset = inlineDataset(old);
    const record: DatasetRecord = {
      ...head,
      ...summarize(dataset),
      // Not known: older than any that has a date.
      createdAt: 0,
      sampledFrom: null,
      files: await writeRows(dataset, files, folder),
    };
    requireSameRows(dataset, await openSplits(files, record));
    await store.saveDataset(record);
    return record;
  } catch (error) {
    await files.remove(folder);
    throw error;
  }
}

async function writeRows(
  { splits }: Dataset,
  files: DatasetFiles,
  folder: string,
): Promise<DatasetRecord['files']> {
  const own = splitNames.flatMap((name, side) => {
    const split = splits[name];
    return split ? [{ ...split, side }] : [];
  });
  const rows = own.reduce((sum, { texts }) => sum + texts.length, 0);
  const sides = new Uint8Array(rows);
  const labels = own.map((split) => split.labels);
  let ends: Uint32Array = new Uint32Array(0);
  await files.write(folder, 'texts', (writer) => {
    const packer = new TextPacker(rows, (bytes) => writer.append(bytes));
    let at = 0;
    for (const { texts, side } of own)
      for (let row = 0; row < texts.length; row++) {
        packer.add(texts.at(row));
        sides[at++] = side;
      }
    packer.flush();
    ends = packer.ends;
  });
  return describeFiles(files, folder, { ends, labels: joined(labels), sides });
}

function joined(
  parts: readonly Dataset['splits']['train']['labels'][],
): Dataset['splits']['train']['labels'] {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = parts[0] instanceof Uint32Array ? new Uint32Array(length) : new Float32Array(length);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function requireSameRows({ name, splits: old }: Dataset, written: Dataset['splits']): void {
  for (const split of splitNames) {
    const [before, after] = [old[split], written[split]];
    if (!before || before.texts.length === 0) continue;
    const same =
      after?.texts.length === before.texts.length &&
      before.labels.every((label, i) => label === after.labels[i]) &&
      Array.from({ length: before.texts.length }, (_, row) => row).every(
        (row) => before.texts.at(row) === after.texts.at(row),
      );
    if (!same)
      throw new Error(`${name}: the ${split} rows read from the disk are not those that were written`);
  }
}
