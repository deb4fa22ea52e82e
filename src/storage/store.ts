/**
 * What the studio keeps: runs, adapters, checkpoints, data sets, settings. Every method is one transaction, so a crash
 * at any moment leaves either the old state or the new one. Runs in the worker; knows nothing of training.
 *
 * Every record is checked as it is read. What cannot be read is as if it were not there, and stands in `setAside`; nothing but
 * `deleteSetAside`, and a setting that is set anew, takes it away.
 *
 * Keys: `run/<id>` (without series), `series/<run id>/<number>`, `adapter/<id>` (without tensors), `bundle/<adapter id>`,
 * `checkpoint/<run id>/a|b|newest`, `dataset/<id>`, `setting/<name>`, `model/<id>` and `download/<id>` (their files are in OPFS).
 */
import { StudioError, toErrorReport } from '../errors';
import { taskOf } from '../formats/bundle';
import { exportReasons } from '../formats/exports';
import type {
  AdapterRecord,
  CheckpointRecord,
  DatasetRecord,
  DownloadRecord,
  InlineDatasetRecord,
  ModelRecord,
} from '../protocol/records';
import type { AdapterSummary } from '../protocol/types';
import { isOver, isUnderWay, next, recordedAs } from '../runs/life';
import type { RunRecord } from '../runs/record';
import { noPoints, type RunSeries, type SeriesChunk, type StoredSeries } from '../runs/series';
import { checkpointKeys, runOfKey, runOfSlot } from './checkpoint-keys';
import { loadCheckpoint, readCheckpoint, saveCheckpoint } from './checkpoints';
import { type Change, Database } from './database';
import { askToPersist } from './persistence';
import { readRecord } from './read-record';
import { encodeValue, type Json } from './record-file';
import {
  type BundleRecord,
  type RecordKind,
  type SettingRecord,
  type StoredRecords,
  withoutSeries,
} from './schemas';
import { chunkKey, indexOfChunk, seriesPrefix } from './series-keys';
import { SetAside } from './set-aside';

const runNumberKey = 'setting/runNumber';

export class StudioStore {
  readonly setAside = new SetAside();
  readonly #database: Database;
  #onChanged: (kinds: ReadonlySet<string>) => void = () => {};

  /** Errors of every method: `storage-full` and `storage-failed` (`Database`). */
  constructor(database: Database = new Database()) {
    this.#database = database;
  }

  /** `listener` is called when everything that was stored is gone; what is written from then on is kept again. */
  whenDeleted(listener: () => void): void {
    this.#database.whenDeleted(listener);
  }

  /** `listener` gets the kinds of the records that were written or deleted, checkpoints and what is written with them left out. */
  whenChanged(listener: (kinds: ReadonlySet<string>) => void): void {
    this.#onChanged = listener;
  }

  /** With the chunks of its series that are new. */
  async saveRun(run: RunRecord, chunks: readonly SeriesChunk[] = []): Promise<void> {
    await this.#change({ set: await this.#entriesOf(run, chunks) });
  }

  /** Several at once, or none. */
  async saveRuns(runs: readonly RunRecord[]): Promise<void> {
    const entries = await Promise.all(runs.map((run) => this.#entriesOf(run, [])));
    await this.#change({ set: entries.flat() });
  }

  /** A new run, and with it the number of its name, so that no later one gets it (`run-name.ts`). */
  async createRun(run: RunRecord, number: number): Promise<void> {
    await this.#change({
      set: [
        [`run/${run.id}`, run],
        [runNumberKey, settingOf(number)],
      ],
    });
  }

  /** Number of the newest run's name; undefined where none was counted. */
  lastRunNumber(): Promise<unknown> {
    return this.getSetting('runNumber');
  }

  /** Newest first. */
  async listRuns(): Promise<RunRecord[]> {
    return (await this.#list('run')).map(withoutSeries).sort((a, b) => b.createdAt - a.createdAt);
  }

  async getRun(runId: string): Promise<RunRecord | undefined> {
    const run = await this.#get('run', runId);
    return run && withoutSeries(run);
  }

  /**
   * The chunks of a run's series that can be read, in their order, and a number above that of every chunk that is there. What
   * cannot be read is set aside.
   */
  async storedSeries(runId: string): Promise<StoredSeries> {
    const prefix = seriesPrefix(runId);
    // First: where it is written anew meanwhile, what it had in it is there twice and counts once.
    const run = await this.#get('run', runId);
    const entries = await this.#database.entries(prefix);
    this.setAside.keepOnly(
      prefix,
      entries.map(([key]) => key),
    );
    const numbered = entries.flatMap(([key, stored]) => {
      const index = indexOfChunk(runId, key);
      return index === undefined ? [] : [{ index, key, stored }];
    });
    const chunks = numbered.flatMap(({ key, stored }) => this.#read('series', key, stored) ?? []);
    const all = run?.inline ? [firstChunk(runId, run.inline), ...chunks] : chunks;
    return { chunks: all, nextIndex: (numbered.at(-1)?.index ?? -1) + 1 };
  }

  /** With its checkpoints and series; the adapter it made stays. */
  async deleteRun(runId: string): Promise<void> {
    await this.#change({
      delete: [`run/${runId}`, ...checkpointKeys(runId)],
      deleteUnder: [seriesPrefix(runId)],
    });
  }

  async saveAdapter(adapter: AdapterRecord): Promise<void> {
    await this.#change({ set: adapterEntries(adapter) });
    await askToPersist();
  }

  /** Newest first, without tensors. */
  async listAdapters(): Promise<AdapterSummary[]> {
    const adapters = await this.#list('adapter');
    const bundles = new Set(await this.#database.keys('bundle/'));
    const usable = adapters.filter(({ id }) => {
      const key = `bundle/${id}`;
      if (!bundles.has(key)) this.#setAside(key, undefined, noTensors());
      return this.setAside.reasonOf(key) === undefined;
    });
    return usable.sort((a, b) => b.createdAt - a.createdAt);
  }

  async getAdapter(adapterId: string): Promise<AdapterRecord | undefined> {
    const keys = [`adapter/${adapterId}`, `bundle/${adapterId}`] as const;
    const [stored, tensors] = await this.#database.getMany(keys);
    if (stored === undefined) return undefined;
    const summary = this.#read('adapter', keys[0], stored);
    const bundle = this.#read('bundle', keys[1], tensors);
    if (!summary || !bundle) return undefined;
    const { task: _t, labels: _l, exports: _e, ...record } = summary;
    return { ...record, bundle: bundle.bundle };
  }

  async deleteAdapter(adapterId: string): Promise<void> {
    await this.#change({ delete: [`adapter/${adapterId}`, `bundle/${adapterId}`] });
  }

  /**
   * The end of a run: its record, its adapter and the chunks of its series that are new, in one transaction. Its checkpoints are deleted after that
   * (`deleteCheckpoints`), once the adapter was read back; the sweep does it where that did not come to pass.
   */
  async finishRun(
    run: RunRecord,
    adapter: AdapterRecord,
    chunks: readonly SeriesChunk[] = [],
  ): Promise<void> {
    await this.#change({
      set: [...(await this.#entriesOf(run, chunks)), ...adapterEntries(adapter)],
    });
    await askToPersist();
  }

  /** Takes an end back that did not read back as it was written: no such adapter, and the run as `run` says. */
  async takeBackEnd(run: RunRecord, adapterId: string, chunks: readonly SeriesChunk[] = []): Promise<void> {
    await this.#change({
      delete: [`adapter/${adapterId}`, `bundle/${adapterId}`],
      set: await this.#entriesOf(run, chunks),
    });
  }

  async deleteCheckpoints(runId: string): Promise<void> {
    await this.#change({ delete: checkpointKeys(runId) });
  }

  /** Ids of the runs that have a checkpoint, as far as is known: whether it is whole shows when it is loaded. */
  async runsWithCheckpoint(): Promise<ReadonlySet<string>> {
    const keys = await this.#database.keys('checkpoint/');
    const usable = keys.filter((key) => this.setAside.reasonOf(key) === undefined);
    return new Set(usable.flatMap((key) => runOfSlot(key) ?? []));
  }

  /** Also stores `checkpoint.run` as the run's record, and the chunks of its series that are new, in the same transaction. */
  async saveCheckpoint(
    checkpoint: Omit<CheckpointRecord, 'sha256'>,
    chunks: readonly SeriesChunk[] = [],
  ): Promise<CheckpointRecord> {
    const others = await this.#entriesOf(checkpoint.run, chunks);
    return saveCheckpoint(this.#database, checkpoint, others, this.setAside);
  }

  /** The newest checkpoint that can be read, or undefined where there never was one. Throws `checkpoint-damaged`. */
  loadCheckpoint(runId: string): Promise<CheckpointRecord | undefined> {
    return loadCheckpoint(this.#database, runId, this.setAside);
  }

  async saveDataset(dataset: DatasetRecord): Promise<void> {
    await this.#change({ set: [[`dataset/${dataset.id}`, dataset]] });
  }

  /** An old one comes with its rows in it. */
  getDataset(datasetId: string): Promise<DatasetRecord | InlineDatasetRecord | undefined> {
    return this.#get('dataset', datasetId);
  }

  /**
   * In one transaction, in the order of their ids. Old records have all rows in them: of those only the ids are given, so that no
   * two of them are in memory.
   */
  async listDatasets(): Promise<{
    readonly records: readonly DatasetRecord[];
    readonly inlineIds: readonly string[];
  }> {
    const keys: string[] = [];
    const records: DatasetRecord[] = [];
    const inlineIds: string[] = [];
    await this.#database.each('dataset/', (key, stored) => {
      keys.push(key);
      const record = this.#read('dataset', key, stored);
      if (!record) return;
      if ('inline' in record) inlineIds.push(record.id);
      else records.push(record);
    });
    this.setAside.keepOnly('dataset/', keys);
    return { records, inlineIds };
  }

  /** Of all data sets, also of those that cannot be read. */
  async datasetIds(): Promise<readonly string[]> {
    const keys = await this.#database.keys('dataset/');
    this.setAside.keepOnly('dataset/', keys);
    return keys.map((key) => key.slice('dataset/'.length));
  }

  async deleteDataset(datasetId: string): Promise<void> {
    await this.#change({ delete: [`dataset/${datasetId}`] });
  }

  /** Base models that are whole, oldest first. */
  async listModels(): Promise<ModelRecord[]> {
    return (await this.#list('model')).sort((a, b) => a.storedAt - b.storedAt);
  }

  async listDownloads(): Promise<DownloadRecord[]> {
    return this.#list('download');
  }

  /** Ids of all models and downloads, also of those that cannot be read: their files are kept as long as they are. */
  async modelIds(): Promise<ReadonlySet<string>> {
    const keys = [...(await this.#database.keys('model/')), ...(await this.#database.keys('download/'))];
    return new Set(keys.map((key) => key.slice(key.indexOf('/') + 1)));
  }

  async saveDownload(download: DownloadRecord): Promise<void> {
    await this.#change({ set: [[`download/${download.id}`, download]] });
  }

  /** The model can be used from here on, and its download has ended, in one transaction. */
  async saveModel(model: ModelRecord): Promise<void> {
    await this.#change({ delete: [`download/${model.id}`], set: [[`model/${model.id}`, model]] });
  }

  /** The model and its download, whichever there is; its files are deleted after it. */
  async deleteModel(modelId: string): Promise<void> {
    await this.#change({ delete: [`model/${modelId}`, `download/${modelId}`] });
  }

  async saveSetting(name: string, value: SettingRecord['value']): Promise<void> {
    await this.#change({ set: [[`setting/${name}`, settingOf(value)]] });
  }

  /** Undefined where it was not set, or cannot be read. */
  async getSetting(name: string): Promise<SettingRecord['value'] | undefined> {
    return (await this.#get('setting', name))?.value;
  }

  async deleteSetting(name: string): Promise<void> {
    await this.#change({ delete: [`setting/${name}`] });
  }

  /**
   * Clears up after a crash, at start: runs recorded as training or paused become interrupted, checkpoints without a
   * run that could use them, series without a run and tensors without an adapter go. `stillRunning` are runs of another open tab.
   * What cannot be read stays, and so do the checkpoints of a run that cannot. Returns the runs that were interrupted. Series that
   * an older studio wrote into its runs are put apart.
   */
  async sweep(stillRunning: ReadonlySet<string> = new Set()): Promise<RunRecord[]> {
    const stored = (await this.#list('run')).filter(({ id }) => !stillRunning.has(id));
    const runs = stored.map(withoutSeries);
    const interrupted = runs
      .filter(({ status }) => isUnderWay(status))
      .map((run): RunRecord => ({ ...run, status: recordedAs(next(run.status, 'interrupt')) }));
    const ended = new Set(runs.filter(({ status }) => isOver(status)).map(({ id }) => id));
    const known = new Set((await this.#database.keys('run/')).map((key) => key.slice('run/'.length)));
    const isUseless = (runId: string) => !stillRunning.has(runId) && (ended.has(runId) || !known.has(runId));
    const checkpoints = await this.#database.keys('checkpoint/');
    const adapters = new Set(await this.#database.keys('adapter/'));
    const bundles = await this.#database.keys('bundle/');
    const chunks = await this.#database.keys('series/');
    const useless = [
      ...checkpoints.filter((key) => isUseless(runOfKey(key))),
      ...bundles.filter((key) => !adapters.has(key.replace('bundle/', 'adapter/'))),
      ...chunks.filter((key) => !stillRunning.has(runOfKey(key)) && !known.has(runOfKey(key))),
    ];
    const readable: string[] = [];
    for (const key of useless) if (await this.#isReadable(key)) readable.push(key);
    const entries = await Promise.all(interrupted.map((run) => this.#entriesOf(run, [])));
    await this.#change({ set: entries.flat(), delete: readable });
    // One after another: they may be long.
    const written = new Set(interrupted.map(({ id }) => id));
    for (const run of stored) if (run.inline && !written.has(run.id)) await this.saveRun(withoutSeries(run));
    return interrupted;
  }

  /** Of the kinds that are small enough to be read together: those that cannot be read are set aside. */
  async checkSmallRecords(): Promise<void> {
    for (const kind of ['run', 'setting', 'model', 'download'] as const) await this.#list(kind);
    await this.listAdapters();
    await this.listDatasets();
  }

  /** Tensors and checkpoints, one after another: those that cannot be read are set aside. */
  async checkLargeRecords(): Promise<void> {
    for (const prefix of ['bundle/', 'checkpoint/']) {
      const keys = await this.#database.keys(prefix);
      for (const key of keys) await this.#isReadable(key);
    }
  }

  /** Everything that was set aside under a key, as one file's contents. Throws `not-set-aside`. */
  async encodeSetAside(key: string): Promise<Json> {
    const { keys } = this.#setAsideAt(key);
    const records: Record<string, Json> = {};
    for (const one of await this.#expanded(keys)) {
      if (await this.#isThere(one)) records[one] = await encodeValue(await this.#database.get(one));
    }
    return { format: 'adapter-studio-records', version: 1, records };
  }

  /** With what belongs to it. Throws `not-set-aside`, also where another tab or studio has put it right meanwhile. */
  async deleteSetAside(key: string): Promise<void> {
    const { keys } = this.#setAsideAt(key);
    for (const one of keys) if (this.setAside.reasonOf(one) !== undefined) await this.#isReadable(one);
    this.#setAsideAt(key);
    await this.#change({
      delete: keys.filter((one) => !one.endsWith('/')),
      deleteUnder: keys.filter((one) => one.endsWith('/')),
    });
  }

  /** With every key that is under one that ends in a slash in its place. */
  async #expanded(keys: readonly string[]): Promise<readonly string[]> {
    const each = keys.map((key) => (key.endsWith('/') ? this.#database.keys(key) : [key]));
    return (await Promise.all(each)).flat();
  }

  /** What is written or deleted cannot be unreadable any more. */
  async #change(change: Change): Promise<void> {
    await this.#database.change(change);
    this.setAside.remove(...(change.delete ?? []), ...(change.set ?? []).map(([key]) => key));
    for (const prefix of change.deleteUnder ?? []) this.setAside.keepOnly(prefix, []);
    const keys = [...(change.delete ?? []), ...(change.set ?? []).map(([key]) => key)];
    this.#onChanged(new Set(keys.map((key) => key.slice(0, key.indexOf('/')))));
  }

  /**
   * What writing a run sets: its record and the chunks of its series that are new. Where what is stored has its series in it, they
   * become the first chunk.
   */
  async #entriesOf(run: RunRecord, chunks: readonly SeriesChunk[]): Promise<(readonly [string, unknown])[]> {
    const inline = (await this.#get('run', run.id))?.inline;
    const all = inline ? [firstChunk(run.id, inline), ...chunks] : chunks;
    return [
      [`run/${run.id}`, run],
      ...all.map((chunk) => [chunkKey(chunk.runId, chunk.index), chunk] as const),
    ];
  }

  #setAsideAt(key: string): { readonly keys: readonly string[] } {
    const found = this.setAside.list().find((record) => record.key === key);
    if (found) return found;
    throw new StudioError(
      'not-set-aside',
      'This record is not set aside any more: it can be read, or is gone.',
      'Reload the page to see what is stored.',
    );
  }

  async #list<K extends RecordKind>(kind: K): Promise<StoredRecords[K][]> {
    const prefix = `${kind}/`;
    const entries = await this.#database.entries(prefix);
    this.setAside.keepOnly(
      prefix,
      entries.map(([key]) => key),
    );
    return entries.flatMap(([key, stored]) => this.#read(kind, key, stored) ?? []);
  }

  async #get<K extends RecordKind>(kind: K, id: string): Promise<StoredRecords[K] | undefined> {
    const key = `${kind}/${id}`;
    const stored = await this.#database.get(key);
    return stored === undefined ? undefined : this.#read(kind, key, stored);
  }

  /** Undefined for what cannot be read. */
  #read<K extends RecordKind>(kind: K, key: string, stored: unknown): StoredRecords[K] | undefined {
    try {
      const record = readRecord(kind, key, stored);
      this.setAside.remove(key);
      return record;
    } catch (error) {
      this.#setAside(key, stored, error);
      return undefined;
    }
  }

  #setAside(key: string, stored: unknown, error: unknown): void {
    const { message, hint } = toErrorReport(error);
    this.setAside.add(key, stored, `${message} ${hint}`);
  }

  /** A value of undefined is there too. */
  async #isThere(key: string): Promise<boolean> {
    return (await this.#database.keys(key)).includes(key);
  }

  /** Of any kind; what cannot be read is set aside. */
  async #isReadable(key: string): Promise<boolean> {
    const stored = await this.#database.get(key);
    if (stored === undefined && !(await this.#isThere(key))) {
      this.setAside.remove(key);
      return true;
    }
    try {
      if (!key.startsWith('checkpoint/'))
        readRecord(key.slice(0, key.indexOf('/')) as RecordKind, key, stored);
      else if (/\/[ab]$/.test(key)) await readCheckpoint(key, stored);
      else if (!key.endsWith('/newest') || (stored !== 'a' && stored !== 'b')) throw noCheckpoint(key);
      this.setAside.remove(key);
      return true;
    } catch (error) {
      this.#setAside(key, stored, error);
      return false;
    }
  }
}

const firstChunk = (runId: string, series: RunSeries): SeriesChunk => ({
  version: 1,
  runId,
  index: 0,
  from: noPoints,
  ...series,
});

const settingOf = (value: SettingRecord['value']): SettingRecord => ({ version: 1, value });

const kept = 'It is kept as it is: download it, or delete it.';

const noTensors = () => new StudioError('record-damaged', 'The tensors of this adapter are gone.', kept);

const noCheckpoint = (key: string) =>
  new StudioError('record-damaged', `What is stored as ${key} names no checkpoint.`, kept);

function adapterEntries({ bundle, ...record }: AdapterRecord): (readonly [string, unknown])[] {
  const summary: AdapterSummary = {
    ...record,
    task: taskOf(bundle.head),
    labels: bundle.head.labels,
    exports: exportReasons(bundle),
  };
  const stored: BundleRecord = { version: 2, bundle };
  return [
    [`adapter/${record.id}`, summary],
    [`bundle/${record.id}`, stored],
  ];
}
