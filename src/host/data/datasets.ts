/**
 * The data sets of the studio: embedded samples, and files a person dropped. The one writer of their records and files. A list
 * is made of records alone: no text is read for it.
 */
import type { Dataset } from '../../data/dataset';
import { loadSample, type SampleDataset, sampleDatasets } from '../../data/samples';
import { type ErrorReport, StudioError, toErrorReport } from '../../errors';
import type { DatasetRecord, InlineDatasetRecord } from '../../protocol/records';
import type {
  Commands,
  DatasetSummary,
  EventMessage,
  FilePreview,
  ImportProgress,
} from '../../protocol/types';
import { type DatasetFiles, openDatasetFiles } from '../../storage/dataset-files';
import type { StudioStore } from '../../storage/store';
import { type ImportParts, type Inspected, inspectFile, writeDataset } from './dataset-import';
import { inlineDataset, moveDataset } from './dataset-move';
import { openSplits, summarize } from './dataset-rows';

/** Held, shared, while rows are written; nothing is swept or moved meanwhile, by any tab. */
const lockName = 'adapter-studio-datasets';

const progressIntervalMs = 100;

export class Datasets {
  readonly #store: StudioStore;
  readonly #siteBase: string;
  readonly #post: (event: EventMessage) => void;
  #openedFiles: Promise<DatasetFiles> | null = null;
  /** Where the browser keeps no files: records of this session. */
  readonly #unkept = new Map<string, DatasetRecord>();
  /** The file inspected last, until it becomes a data set. */
  #inspected: Inspected | null = null;
  #running: { readonly abort: AbortController; readonly ended: Promise<unknown> } | null = null;
  readonly #samples = new Map<string, Promise<Dataset>>();
  /** The one of a person's own that was used last. */
  #own: { readonly id: string; readonly dataset: Promise<Dataset> } | null = null;

  constructor(store: StudioStore, siteBase: string, post: (event: EventMessage) => void) {
    this.#store = store;
    this.#siteBase = siteBase;
    this.#post = post;
  }

  /**
   * Samples first, then a person's own, newest first. A sample that cannot be had is left out, and told of. Old records are moved
   * to files here, one at a time.
   */
  async list(): Promise<DatasetSummary[]> {
    // The disk answers while the samples are on their way.
    const [samples, own] = await Promise.all([
      Promise.all(sampleDatasets.map((sample) => this.#listedSample(sample))),
      this.#ownRecords(),
    ]);
    return [...samples.flat(), ...own.map((record) => this.#summaryOf(record))];
  }

  /** None where it cannot be had. */
  async #listedSample(sample: SampleDataset): Promise<readonly DatasetSummary[]> {
    try {
      return [await this.#summaryOfSample(sample)];
    } catch (error) {
      this.#post({ type: 'problem', runId: null, error: sampleMissing(sample.name, error) });
      return [];
    }
  }

  /** Newest first. */
  async #ownRecords(): Promise<readonly (DatasetRecord | InlineDatasetRecord)[]> {
    const { records, inlineIds } = await this.#store.listDatasets();
    const own: (DatasetRecord | InlineDatasetRecord)[] = [...this.#unkept.values(), ...records];
    for (const id of inlineIds) {
      const record = await this.#store.getDataset(id);
      if (record) own.push('inline' in record ? await this.#moved(record) : record);
    }
    const dateOf = (record: DatasetRecord | InlineDatasetRecord) =>
      'inline' in record ? 0 : record.createdAt;
    return own.sort((a, b) => dateOf(b) - dateOf(a));
  }

  /** Throws `unknown-dataset` for an id that is neither a sample nor stored, `dataset-damaged` where its files are not whole. */
  get(id: string): Promise<Dataset> {
    const sample = sampleDatasets.find((known) => known.id === id);
    if (sample) return this.#sample(sample);
    if (this.#own?.id === id) return this.#own.dataset;
    const own = { id, dataset: this.#load(id) };
    this.#own = own;
    own.dataset.catch(() => {
      if (this.#own === own) this.#own = null;
    });
    return own.dataset;
  }

  /** A file that is read or written just now is put away for it. */
  inspect({ file, strayQuotes }: Commands['inspectFile']['request']): Promise<FilePreview> {
    return this.#importing(async (parts) => {
      this.#inspected = null;
      const { inspected, preview } = await inspectFile(file, strayQuotes, parts);
      this.#inspected = inspected;
      return preview;
    });
  }

  /** Throws `unknown-import` and what `writeDataset` throws; then nothing of it is kept, and the file can be tried again. */
  create({ importId, ...choice }: Commands['createDataset']['request']): Promise<DatasetSummary> {
    return this.#importing((parts) =>
      this.#writing(async () => {
        const inspected = this.#inspected;
        if (inspected?.importId !== importId) {
          throw new StudioError('unknown-import', 'This file is not open any more.', 'Drop it again.');
        }
        const files = await this.#files();
        const written = await writeDataset(inspected, choice, files, crypto.randomUUID(), parts);
        const record = await this.#admit(written, files, parts.signal);
        this.#inspected = null;
        return this.#summaryOf(record);
      }),
    );
  }

  /** Ends what is read or written just now, and forgets the file; answered once nothing of it is left. */
  async cancelImport(): Promise<void> {
    this.#running?.abort.abort(
      new StudioError(
        'import-cancelled',
        'The import was cancelled.',
        'Nothing of it was kept: drop the file again.',
      ),
    );
    await this.#running?.ended;
    this.#inspected = null;
  }

  /** What was stored is gone: folders and data sets that were opened before are not good any more. */
  forget(): void {
    this.#openedFiles = null;
    this.#own = null;
  }

  /** Record first: what is left then is an orphan. */
  async delete(id: string): Promise<void> {
    const record = this.#unkept.get(id) ?? (await this.#store.getDataset(id));
    if (this.#own?.id === id) this.#own = null;
    if (!this.#unkept.delete(id)) await this.#store.deleteDataset(id);
    if (record && !('inline' in record)) await (await this.#files()).remove(record.files.folder);
  }

  /** Folders without a record are what a crash left; skipped while a tab is writing. */
  async sweep(): Promise<void> {
    await navigator.locks.request(lockName, { ifAvailable: true }, async (lock) => {
      if (!lock) return;
      const files = await this.#files();
      const ids = await this.#store.datasetIds();
      const strangers = (await files.folders()).filter((folder) => !ids.includes(folder));
      if (!files.isKept || strangers.length === 0) return;
      // A data set that took the place of a damaged one has a folder of another name.
      const { records, inlineIds } = await this.#store.listDatasets();
      // Nobody can tell whose rows they are where a record cannot be read: they stay until it is deleted.
      if (records.length + inlineIds.length < ids.length) return;
      const known = records.map((record) => record.files.folder);
      for (const folder of strangers) if (!known.includes(folder)) await files.remove(folder);
    });
  }

  /**
   * From here on it is a data set. Where one of the same content is kept whose files are gone, it takes that one's place, so that
   * runs on it can go on.
   */
  async #admit(written: DatasetRecord, files: DatasetFiles, signal: AbortSignal): Promise<DatasetRecord> {
    try {
      signal.throwIfAborted();
      if (!files.isKept) {
        this.#unkept.set(written.id, written);
        return written;
      }
      const twin = await this.#damagedTwin(written, files);
      const record = { ...written, id: twin?.id ?? written.id };
      await this.#store.saveDataset(record);
      if (twin) await files.remove(twin.files.folder);
      if (this.#own?.id === record.id) this.#own = null;
      return record;
    } catch (error) {
      await files.remove(written.files.folder);
      throw error;
    }
  }

  async #damagedTwin(
    { fingerprint }: DatasetRecord,
    files: DatasetFiles,
  ): Promise<DatasetRecord | undefined> {
    const { records } = await this.#store.listDatasets();
    for (const other of records.filter((record) => record.fingerprint === fingerprint)) {
      const isWhole = await openSplits(files, other).then(
        () => true,
        () => false,
      );
      if (!isWhole) return other;
    }
    return undefined;
  }

  /** The record that stands for it from now on: the old one where there is no room, or another tab is at it. */
  async #moved(old: InlineDatasetRecord): Promise<DatasetRecord | InlineDatasetRecord> {
    const files = await this.#files();
    if (!files.isKept) return old;
    return navigator.locks.request(lockName, { ifAvailable: true }, async (lock) =>
      lock ? moveDataset(old, files, this.#store).catch(() => old) : old,
    );
  }

  #files(): Promise<DatasetFiles> {
    this.#openedFiles ??= openDatasetFiles();
    return this.#openedFiles;
  }

  async #load(id: string): Promise<Dataset> {
    const record = this.#unkept.get(id) ?? (await this.#store.getDataset(id));
    if (!record) {
      this.#store.setAside.requireReadable(`dataset/${id}`);
      throw new StudioError(
        'unknown-dataset',
        'This data set is not stored any more.',
        'Drop its file again.',
      );
    }
    if ('inline' in record) return inlineDataset(record);
    const { name, task, fingerprint, labelNames } = record;
    return { id, name, task, fingerprint, labelNames, splits: await openSplits(await this.#files(), record) };
  }

  #summaryOf(record: DatasetRecord | InlineDatasetRecord): DatasetSummary {
    const { id, name, task, labelNames } = record;
    const { rows, labelCounts, range, preview } =
      'inline' in record ? summarize(inlineDataset(record)) : record;
    return {
      id,
      name,
      source: 'file',
      isKept: !this.#unkept.has(id),
      task,
      labels: labelNames,
      rows,
      labelCounts,
      range,
      preview,
      sampledFrom: 'inline' in record ? null : record.sampledFrom,
      citation: '',
    };
  }

  async #summaryOfSample(sample: SampleDataset): Promise<DatasetSummary> {
    const dataset = await this.#sample(sample);
    const { id, name, task, labelNames } = dataset;
    const { citation } = sample;
    const summary = summarize(dataset);
    return {
      id,
      name,
      source: 'sample',
      isKept: true,
      task,
      labels: labelNames,
      ...summary,
      sampledFrom: null,
      citation,
    };
  }

  #sample(sample: SampleDataset): Promise<Dataset> {
    const known = this.#samples.get(sample.id);
    if (known) return known;
    const loading = loadSample(sample, (path) => this.#fetchText(path));
    this.#samples.set(sample.id, loading);
    loading.catch(() => this.#samples.delete(sample.id));
    return loading;
  }

  /** One at a time: what is going on is cancelled first. */
  async #importing<T>(work: (parts: ImportParts) => Promise<T>): Promise<T> {
    while (this.#running) {
      const { abort, ended } = this.#running;
      abort.abort(new StudioError('import-cancelled', 'Another file took its place.', 'Drop it again.'));
      await ended;
    }
    const abort = new AbortController();
    const result = work({ signal: abort.signal, onProgress: this.#progress() });
    const running = {
      abort,
      ended: result.then(
        () => {},
        () => {},
      ),
    };
    this.#running = running;
    try {
      return await result;
    } finally {
      if (this.#running === running) this.#running = null;
    }
  }

  #progress(): (progress: ImportProgress) => void {
    let [told, phase] = [0, ''];
    return (progress) => {
      const now = performance.now();
      if (progress.phase === phase && now - told < progressIntervalMs) return;
      [told, phase] = [now, progress.phase];
      this.#post({ type: 'import', progress });
    };
  }

  #writing<T>(work: () => Promise<T>): Promise<T> {
    return navigator.locks.request(lockName, { mode: 'shared' }, work) as Promise<T>;
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

function sampleMissing(name: string, error: unknown): ErrorReport {
  const { code, message, hint } = toErrorReport(error);
  return {
    code,
    message: `The sample data set ${name} is left out: ${message}`,
    hint: `${hint} Everything else can be used meanwhile.`,
  };
}
