/** The data sets of the studio: embedded samples, and files a person dropped. */
import { describeColumns, guessColumns, toDataset } from '../data/columns';
import type { StrayQuotes } from '../data/csv/reader';
import { readTable, type Table } from '../data/csv/table';
import { type Dataset, labelCounts, labelText, rangeOf } from '../data/dataset';
import { loadSample, sampleDatasets } from '../data/samples';
import { StudioError } from '../errors';
import type { Commands, DatasetSummary, FilePreview } from '../protocol/types';
import type { StudioStore } from '../storage/store';

const previewRows = 8;

export class Datasets {
  readonly #store: StudioStore;
  readonly #siteBase: string;
  /** The file inspected last, until it becomes a data set. */
  #inspected: { readonly importId: string; readonly table: Table } | null = null;
  readonly #loaded = new Map<string, Promise<Dataset>>();

  constructor(store: StudioStore, siteBase: string) {
    this.#store = store;
    this.#siteBase = siteBase;
  }

  /** Samples first, then a person's own, newest first. */
  async list(): Promise<DatasetSummary[]> {
    const samples = await Promise.all(sampleDatasets.map(async ({ id }) => summarize(await this.get(id))));
    const files = (await this.#store.listDatasets()).map((record) => summarize(toStored(record)));
    return [...samples, ...files.reverse()];
  }

  /** Throws `unknown-dataset` for an id that is neither a sample nor stored. */
  get(id: string): Promise<Dataset> {
    const known = this.#loaded.get(id);
    if (known) return known;
    const loading = this.#load(id);
    this.#loaded.set(id, loading);
    loading.catch(() => this.#loaded.delete(id));
    return loading;
  }

  async inspect(file: File, strayQuotes: StrayQuotes = 'refuse'): Promise<FilePreview> {
    const table = await readTable(file, { strayQuotes });
    const importId = crypto.randomUUID();
    this.#inspected = { importId, table };
    return {
      importId,
      fileName: table.fileName,
      columns: table.columns,
      strayQuotes,
      rowCount: table.rows.length,
      rows: table.rows.slice(0, previewRows),
      guess: guessColumns(table),
      labelColumns: describeColumns(table),
    };
  }

  async create({
    importId,
    textColumn,
    labelColumn,
    kind,
    seed,
  }: Commands['createDataset']['request']): Promise<DatasetSummary> {
    if (this.#inspected?.importId !== importId) {
      throw new StudioError('unknown-import', 'This file is not open any more.', 'Drop it again.');
    }
    const dataset = await toDataset(
      this.#inspected.table,
      { textColumn, labelColumn, kind, seed },
      crypto.randomUUID(),
    );
    await this.#store.saveDataset({ version: 2, ...dataset });
    this.#inspected = null;
    this.#loaded.set(dataset.id, Promise.resolve(dataset));
    return summarize(dataset);
  }

  async #load(id: string): Promise<Dataset> {
    const sample = sampleDatasets.find((s) => s.id === id);
    if (sample) return loadSample(sample, (path) => this.#fetchText(path));
    const record = await this.#store.getDataset(id);
    if (!record)
      throw new StudioError(
        'unknown-dataset',
        'This data set is not stored any more.',
        'Drop its file again.',
      );
    return toStored(record);
  }

  async #fetchText(path: string): Promise<string> {
    const response = await fetch(this.#siteBase + path).catch((cause: unknown) => {
      throw new StudioError(
        'sample-missing',
        `${path} could not be fetched: ${String(cause)}`,
        'Check that the studio’s server is still running and reload the page.',
        { cause },
      );
    });
    if (!response.ok)
      throw new StudioError(
        'sample-missing',
        `${path}: the server answered ${response.status}.`,
        'Build the studio again; its sample data are in public/datasets.',
      );
    return response.text();
  }
}

function toStored({
  id,
  name,
  task,
  fingerprint,
  labelNames,
  splits,
}: NonNullable<Awaited<ReturnType<StudioStore['getDataset']>>>): Dataset {
  const { train, validation, test } = splits;
  if (!train || !validation)
    throw new StudioError(
      'dataset-damaged',
      `The stored data set ${name} has no training or validation rows.`,
      'Drop its file again.',
    );
  const whole = { train, validation, ...(test ? { test } : {}) };
  return { id, name, task, fingerprint, labelNames, splits: whole };
}

function summarize(dataset: Dataset): DatasetSummary {
  const { id, name, task, labelNames, splits } = dataset;
  const sample = sampleDatasets.find((s) => s.id === id);
  const { train, validation, test } = splits;
  return {
    id,
    name,
    source: sample ? 'sample' : 'file',
    task,
    labels: labelNames,
    rows: {
      train: train.texts.length,
      validation: validation.texts.length,
      test: test?.texts.length ?? null,
    },
    labelCounts: task === 'regression' ? null : labelCounts(task, train, labelNames.length),
    range: task === 'regression' ? rangeOf(train.labels) : null,
    preview: train.texts
      .slice(0, previewRows)
      .map((text, row) => ({ text, label: labelText(dataset, train, row, ', ') })),
    citation: sample?.citation ?? '',
  };
}
