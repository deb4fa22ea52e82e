/**
 * A dropped file becomes a data set in two passes, both streamed: the first describes its columns, the second writes the chosen
 * ones to files. Memory holds numbers for each row, and of the file a piece.
 */
import { openTable, type TableFile } from '../../data/csv/table';
import { fingerprintOf } from '../../data/dataset';
import { type BuiltRows, type ColumnChoice, DatasetBuilder } from '../../data/dataset-builder';
import { RowSample } from '../../data/row-sample';
import { TableDescriber } from '../../data/table-description';
import { StudioError } from '../../errors';
import type { DatasetRecord } from '../../protocol/records';
import { type Commands, type FilePreview, type ImportProgress, sampleSize } from '../../protocol/types';
import type { DatasetFiles } from '../../storage/dataset-files';
import { Turns } from '../turns';
import { describeFiles, openSplits, summarize } from './dataset-rows';

/** 1 GiB: what two passes read in about a minute each. */
const maxFileBytes = 2 ** 30;
/** Each needs about 60 bytes of memory at the end of its import, and more while it is trained on. */
const maxRows = 10_000_000;

export interface ImportParts {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: ImportProgress) => void;
}

/** A file that was described and can be read once more. */
export interface Inspected {
  readonly importId: string;
  readonly file: File;
  readonly table: TableFile;
  readonly rowCount: number;
}

type StrayQuotes = Commands['inspectFile']['request']['strayQuotes'];

/** Throws `file-too-large`, what `openTable` and its batches throw, or the signal's reason. */
export async function inspectFile(
  file: File,
  strayQuotes: StrayQuotes,
  { signal, onProgress }: ImportParts,
): Promise<{ readonly inspected: Inspected; readonly preview: FilePreview }> {
  if (file.size > maxFileBytes)
    throw new StudioError(
      'file-too-large',
      `${file.name} has ${mebibytes(file.size)}; the studio reads files of up to ${mebibytes(maxFileBytes)}.`,
      'Keep only the text and label columns, or take a part of the rows.',
    );
  const table = await openTable(file, { ...(strayQuotes ? { strayQuotes } : {}), signal });
  const describer = new TableDescriber(table.columns);
  const tell = progressOf(file, 'reading', onProgress);
  for await (const { rows, bytesRead } of inTurns(table, signal)) {
    for (const cells of rows) describer.add(cells);
    tell(bytesRead);
  }
  const { lengths, ...description } = describer.describe();
  const { rowCount } = description;
  const inspected = { importId: crypto.randomUUID(), file, table, rowCount };
  const { importId } = inspected;
  const { fileName, columns } = table;
  const preview: FilePreview = {
    ...description,
    importId,
    fileName,
    fileBytes: file.size,
    columns,
    strayQuotes: table.strayQuotes,
    canTakeAll: rowCount <= maxRows,
    needs: needsOf(lengths, rowCount, file.size),
  };
  return { inspected, preview };
}

/** Of a tokenized row beside its tokens, which need no more bytes than its text. */
const memoryPerRow = 300;

function needsOf(
  lengths: Readonly<Record<string, number>>,
  rowCount: number,
  fileBytes: number,
): FilePreview['needs'] {
  const whole = Object.values(lengths).reduce((sum, length) => sum + length, 0);
  const needOf = (length: number) => {
    const diskBytes = Math.round((fileBytes * length) / whole);
    return { diskBytes, memoryBytes: diskBytes + memoryPerRow * rowCount };
  };
  return Object.fromEntries(Object.entries(lengths).map(([column, length]) => [column, needOf(length)]));
}

const mebibytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20).toLocaleString('en')} MiB`;

/**
 * Writes the rows into `folder` and gives the record that makes them a data set, which the caller stores; where it throws,
 * nothing of the folder is left. Throws `file-changed`, `too-many-rows`, `storage-full`, what `DatasetBuilder` throws, or the
 * signal's reason.
 */
export async function writeDataset(
  { file, table, rowCount }: Inspected,
  choice: ColumnChoice & { readonly rows?: 'sample' | 'all' },
  files: DatasetFiles,
  folder: string,
  { signal, onProgress }: ImportParts,
): Promise<DatasetRecord> {
  const wanted = choice.rows === 'all' ? rowCount : Math.min(rowCount, sampleSize);
  if (wanted > maxRows)
    throw new StudioError(
      'too-many-rows',
      `${table.fileName} has ${rowCount.toLocaleString('en')} rows; a data set holds up to ${maxRows.toLocaleString('en')}.`,
      'Take the sample of its rows, or a part of the file.',
    );
  try {
    const built = await writeTexts({ file, table, rowCount }, choice, wanted, files, folder, {
      signal,
      onProgress,
    });
    const { task, labelNames } = built;
    const head = { version: 3, name: table.fileName, task, labelNames, createdAt: Date.now() } as const;
    const turns = new Turns(signal);
    const written = await describeFiles(files, folder, built);
    await turns.take();
    const rows = countsOf(built);
    // From the files, as every run will read them.
    const splits = await openSplits(files, { ...head, rows, files: written });
    await turns.take();
    const fingerprint = await fingerprintOf({ task, labelNames, splits }, async (done) => {
      onProgress({ fileName: table.fileName, phase: 'checking', done, total: wanted });
      await turns.take();
    });
    return {
      ...head,
      id: folder,
      fingerprint,
      ...summarize({ task, labelNames, splits }),
      sampledFrom: wanted < rowCount ? rowCount : null,
      files: written,
    };
  } catch (error) {
    await files.remove(folder);
    throw error;
  }
}

async function writeTexts(
  { file, table, rowCount }: Omit<Inspected, 'importId'>,
  choice: ColumnChoice,
  wanted: number,
  files: DatasetFiles,
  folder: string,
  { signal, onProgress }: ImportParts,
): Promise<BuiltRows> {
  const tell = progressOf(file, 'storing', onProgress);
  let built: BuiltRows | undefined;
  await files.write(folder, 'texts', async (writer) => {
    const builder = new DatasetBuilder(table, choice, wanted, (bytes) => writer.append(bytes));
    const sample = wanted < rowCount ? new RowSample(rowCount, wanted, choice.seed) : null;
    let row = 0;
    for await (const { rows, bytesRead } of inTurns(table, signal)) {
      if (row + rows.length > rowCount) throw fileChanged(table);
      for (const cells of rows) {
        row += 1;
        if (!sample || sample.takesNext()) builder.add(cells, row);
      }
      tell(bytesRead);
    }
    if (row !== rowCount) throw fileChanged(table);
    const turns = new Turns(signal);
    built = await builder.finish(() => turns.take());
  });
  return built!;
}

const fileChanged = ({ fileName }: TableFile) =>
  new StudioError(
    'file-changed',
    `${fileName} is not the file any more that was read first: it has other rows.`,
    'Drop it again.',
  );

async function* inTurns(table: TableFile, signal: AbortSignal) {
  const turns = new Turns(signal);
  for await (const batch of table.batches(signal)) {
    yield batch;
    await turns.take();
  }
}

function progressOf(
  { name, size }: File,
  phase: ImportProgress['phase'],
  onProgress: ImportParts['onProgress'],
): (done: number) => void {
  return (done) => onProgress({ fileName: name, phase, done, total: size });
}

function countsOf({ sides }: BuiltRows): DatasetRecord['rows'] {
  const counts = [0, 0, 0];
  for (const side of sides) counts[side]! += 1;
  const [train, validation, test] = counts;
  return { train: train!, validation: validation!, test: test || null };
}
