/** The rows of a kept data set in its two files: written once, checked when they are opened, read text by text. */
import { type Dataset, labelCounts, labelText, rangeOf, type Targets } from '../../data/dataset';
import { type BuiltRows, packedSplits } from '../../data/dataset-builder';
import { shortened } from '../../data/table-description';
import { damaged } from '../../data/texts';
import { sha256 } from '../../formats/sha256';
import type { DatasetRecord } from '../../protocol/records';
import type { DatasetFiles, RowFile } from '../../storage/dataset-files';
import { targetsPerRow } from '../../task';

const previewRows = 8;

/** Writes the index of rows whose texts are written already. Throws `storage-full`. */
export async function describeFiles(
  files: DatasetFiles,
  folder: string,
  { ends, labels, sides }: Pick<BuiltRows, 'ends' | 'labels' | 'sides'>,
): Promise<DatasetRecord['files']> {
  const parts = [ends, labels, sides].map(
    ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
  );
  await files.write(folder, 'index', (writer) => {
    for (const part of parts) writer.append(part);
  });
  return {
    folder,
    textBytes: ends.at(-1) ?? 0,
    indexBytes: parts.reduce((sum, { byteLength }) => sum + byteLength, 0),
    indexSha256: await sha256(parts),
  };
}

/** Throws `dataset-damaged` where the files are not as they were written. Texts are read when they are asked for. */
export async function openSplits(
  files: DatasetFiles,
  {
    name,
    task,
    labelNames,
    rows,
    files: written,
  }: Pick<DatasetRecord, 'name' | 'task' | 'labelNames' | 'rows' | 'files'>,
): Promise<Dataset['splits']> {
  const texts = await requireFile(files, name, written.folder, 'texts', written.textBytes);
  const index = sourceOf(await requireFile(files, name, written.folder, 'index', written.indexBytes), name);
  const bytes = index.read(0, written.indexBytes);
  if ((await sha256([bytes])) !== written.indexSha256) throw damaged(name, 'the file `index` was changed');
  const rowCount = rows.train + rows.validation + (rows.test ?? 0);
  const perRow = targetsPerRow(task, labelNames.length);
  const labelBegin = 4 * rowCount;
  const sideBegin = labelBegin + 4 * rowCount * perRow;
  const labels: Targets =
    task === 'classification'
      ? new Uint32Array(bytes.buffer, labelBegin, rowCount)
      : new Float32Array(bytes.buffer, labelBegin, rowCount * perRow);
  const ends = new Uint32Array(bytes.buffer, 0, rowCount);
  return packedSplits(
    { ends, labels, sides: bytes.subarray(sideBegin, sideBegin + rowCount) },
    { name, source: sourceOf(texts, name) },
  );
}

async function requireFile(
  files: DatasetFiles,
  name: string,
  folder: string,
  file: 'texts' | 'index',
  sizeBytes: number,
): Promise<RowFile> {
  const found = await files.open(folder, file);
  if (found?.sizeBytes === sizeBytes) return found;
  throw damaged(name, `the file \`${file}\` has ${found?.sizeBytes ?? 'no'} bytes instead of ${sizeBytes}`);
}

function sourceOf(file: RowFile, name: string) {
  return {
    read: (begin: number, end: number): Uint8Array<ArrayBuffer> => {
      try {
        return file.read(begin, end);
      } catch (cause) {
        throw damaged(name, String(cause), cause);
      }
    },
  };
}

type Summary = Pick<DatasetRecord, 'rows' | 'labelCounts' | 'range' | 'preview'>;

/** What lists show of a data set. */
export function summarize(dataset: Pick<Dataset, 'task' | 'labelNames' | 'splits'>): Summary {
  const { task, labelNames, splits } = dataset;
  const { train, validation, test } = splits;
  return {
    rows: {
      train: train.texts.length,
      validation: validation.texts.length,
      test: test?.texts.length ?? null,
    },
    labelCounts: task === 'regression' ? null : labelCounts(task, train, labelNames.length),
    range: task === 'regression' ? rangeOf(train.labels) : null,
    preview: Array.from({ length: Math.min(previewRows, train.texts.length) }, (_, row) => ({
      text: shortened(train.texts.at(row)),
      label: labelText(dataset, train, row, ', '),
    })),
  };
}
