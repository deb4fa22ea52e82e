/**
 * What the studio keeps: runs, adapters, checkpoints, data sets, settings. Every method is one transaction, so a crash
 * at any moment leaves either the old state or the new one. Runs in the worker; knows nothing of training.
 *
 * Keys: `run/<id>`, `adapter/<id>` (without tensors), `bundle/<adapter id>`, `checkpoint/<run id>/a|b|newest`,
 * `dataset/<id>`, `setting/<name>`, `model/<id>` and `download/<id>` (their files are in OPFS).
 */
import { type AdapterBundle, taskOf } from '../formats/bundle';
import { exportReasons } from '../formats/exports';
import type {
  AdapterRecord,
  CheckpointRecord,
  DatasetRecord,
  DownloadRecord,
  InlineDatasetRecord,
  ModelRecord,
  RunRecord,
} from '../protocol/records';
import type { AdapterSummary } from '../protocol/types';
import { checkpointKeys, loadCheckpoint, runOfSlot, saveCheckpoint } from './checkpoints';
import { Database } from './database';
import { migrate } from './migrations';

const runNumberKey = 'setting/runNumber';

interface BundleRecord {
  readonly version: 2;
  readonly bundle: AdapterBundle;
}

export class StudioStore {
  readonly #database: Database;

  /** Errors of every method: `storage-full` and `storage-failed` (`Database`), `record-*` (`migrate`). */
  constructor(database: Database = new Database()) {
    this.#database = database;
  }

  /** `listener` is called when everything that was stored is gone; what is written from then on is kept again. */
  whenDeleted(listener: () => void): void {
    this.#database.whenDeleted(listener);
  }

  async saveRun(run: RunRecord): Promise<void> {
    await this.#database.change({ set: [[`run/${run.id}`, run]] });
  }

  /** A new run, and with it the number of its name, so that no later one gets it (`run-name.ts`). */
  async createRun(run: RunRecord, number: number): Promise<void> {
    await this.#database.change({
      set: [
        [`run/${run.id}`, run],
        [runNumberKey, number],
      ],
    });
  }

  /** Number of the newest run's name; anything where none was counted or the value was changed from outside. */
  lastRunNumber(): Promise<unknown> {
    return this.#database.get(runNumberKey);
  }

  /** Newest first. */
  async listRuns(): Promise<RunRecord[]> {
    const runs = (await this.#database.list('run/')).map((stored) => migrate<RunRecord>('run', stored));
    return runs.sort((a, b) => b.createdAt - a.createdAt);
  }

  async getRun(runId: string): Promise<RunRecord | undefined> {
    const stored = await this.#database.get(`run/${runId}`);
    return stored === undefined ? undefined : migrate<RunRecord>('run', stored);
  }

  /** With its checkpoints; the adapter it made stays. */
  async deleteRun(runId: string): Promise<void> {
    await this.#database.change({ delete: [`run/${runId}`, ...checkpointKeys(runId)] });
  }

  async saveAdapter(adapter: AdapterRecord): Promise<void> {
    await this.#database.change({ set: adapterEntries(adapter) });
    await askToPersist();
  }

  /** Newest first, without tensors. */
  async listAdapters(): Promise<AdapterSummary[]> {
    const stored = await this.#database.list('adapter/');
    const adapters = stored.map((record) => migrate<AdapterSummary>('adapter', record));
    return adapters.sort((a, b) => b.createdAt - a.createdAt);
  }

  async getAdapter(adapterId: string): Promise<AdapterRecord | undefined> {
    const [summary, stored] = await this.#database.getMany([`adapter/${adapterId}`, `bundle/${adapterId}`]);
    if (summary === undefined || stored === undefined) return undefined;
    const { task: _t, labels: _l, exports: _e, ...record } = migrate<AdapterSummary>('adapter', summary);
    return { ...record, bundle: migrate<BundleRecord>('bundle', stored).bundle };
  }

  async deleteAdapter(adapterId: string): Promise<void> {
    await this.#database.change({ delete: [`adapter/${adapterId}`, `bundle/${adapterId}`] });
  }

  /**
   * The end of a run: its record and its adapter if it made one, in one transaction. Its checkpoints are deleted after that
   * (`deleteCheckpoints`), once the adapter was read back; the sweep does it where that did not come to pass.
   */
  async finishRun(run: RunRecord, adapter: AdapterRecord | null): Promise<void> {
    await this.#database.change({
      set: [[`run/${run.id}`, run], ...(adapter ? adapterEntries(adapter) : [])],
    });
    if (adapter) await askToPersist();
  }

  /** Takes an end back that did not read back as it was written: no such adapter, and the run as `run` says. */
  async takeBackEnd(run: RunRecord, adapterId: string): Promise<void> {
    await this.#database.change({
      delete: [`adapter/${adapterId}`, `bundle/${adapterId}`],
      set: [[`run/${run.id}`, run]],
    });
  }

  async deleteCheckpoints(runId: string): Promise<void> {
    await this.#database.change({ delete: checkpointKeys(runId) });
  }

  /** Ids of the runs that have a checkpoint; whether it is whole shows when it is loaded. */
  async runsWithCheckpoint(): Promise<ReadonlySet<string>> {
    return new Set((await this.#database.keys('checkpoint/')).flatMap((key) => runOfSlot(key) ?? []));
  }

  /** Also stores `checkpoint.run` as the run's record, in the same transaction. */
  saveCheckpoint(checkpoint: Omit<CheckpointRecord, 'sha256'>): Promise<CheckpointRecord> {
    return saveCheckpoint(this.#database, checkpoint);
  }

  /** The newest checkpoint that is whole, or undefined. */
  loadCheckpoint(runId: string): Promise<CheckpointRecord | undefined> {
    return loadCheckpoint(this.#database, runId);
  }

  async saveDataset(dataset: DatasetRecord): Promise<void> {
    await this.#database.change({ set: [[`dataset/${dataset.id}`, dataset]] });
  }

  /** An old one comes with its rows in it. */
  async getDataset(datasetId: string): Promise<DatasetRecord | InlineDatasetRecord | undefined> {
    const stored = await this.#database.get(`dataset/${datasetId}`);
    return stored === undefined ? undefined : migrate<DatasetRecord | InlineDatasetRecord>('dataset', stored);
  }

  /** Of all data sets; they are read one by one, since an old record has all rows in it. */
  async datasetIds(): Promise<readonly string[]> {
    return (await this.#database.keys('dataset/')).map((key) => key.slice('dataset/'.length));
  }

  async deleteDataset(datasetId: string): Promise<void> {
    await this.#database.change({ delete: [`dataset/${datasetId}`] });
  }

  /** Base models that are whole, oldest first. */
  async listModels(): Promise<ModelRecord[]> {
    const models = (await this.#database.list('model/')).map((stored) =>
      migrate<ModelRecord>('model', stored),
    );
    return models.sort((a, b) => a.storedAt - b.storedAt);
  }

  async listDownloads(): Promise<DownloadRecord[]> {
    return (await this.#database.list('download/')).map((stored) =>
      migrate<DownloadRecord>('download', stored),
    );
  }

  async saveDownload(download: DownloadRecord): Promise<void> {
    await this.#database.change({ set: [[`download/${download.id}`, download]] });
  }

  /** The model can be used from here on, and its download has ended, in one transaction. */
  async saveModel(model: ModelRecord): Promise<void> {
    await this.#database.change({ delete: [`download/${model.id}`], set: [[`model/${model.id}`, model]] });
  }

  /** The model and its download, whichever there is; its files are deleted after it. */
  async deleteModel(modelId: string): Promise<void> {
    await this.#database.change({ delete: [`model/${modelId}`, `download/${modelId}`] });
  }

  async saveSetting(name: string, value: string | number | boolean): Promise<void> {
    await this.#database.change({ set: [[`setting/${name}`, value]] });
  }

  getSetting(name: string): Promise<unknown> {
    return this.#database.get(`setting/${name}`);
  }

  async deleteSetting(name: string): Promise<void> {
    await this.#database.change({ delete: [`setting/${name}`] });
  }

  /**
   * Clears up after a crash, at start: runs recorded as training or paused become interrupted, checkpoints without a
   * run that could use them and tensors without an adapter go. `stillRunning` are runs of another open tab. Returns the
   * runs that were interrupted.
   */
  async sweep(stillRunning: ReadonlySet<string> = new Set()): Promise<RunRecord[]> {
    const runs = (await this.listRuns()).filter(({ id }) => !stillRunning.has(id));
    const interrupted = runs
      .filter(({ status }) => status === 'training' || status === 'paused')
      .map((run): RunRecord => ({ ...run, status: 'interrupted' }));
    const resumable = new Set([...stillRunning, ...interrupted.map(({ id }) => id)]);
    for (const { id, status } of runs) if (status === 'interrupted' || status === 'failed') resumable.add(id);
    const checkpoints = await this.#database.keys('checkpoint/');
    const adapters = new Set(await this.#database.keys('adapter/'));
    const bundles = await this.#database.keys('bundle/');
    await this.#database.change({
      set: interrupted.map((run) => [`run/${run.id}`, run] as const),
      delete: [
        ...checkpoints.filter((key) => !resumable.has(key.split('/').slice(1, -1).join('/'))),
        ...bundles.filter((key) => !adapters.has(key.replace('bundle/', 'adapter/'))),
      ],
    });
    return interrupted;
  }
}

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

/**
 * Once there is something to lose, the browser is asked not to evict it. It may refuse; nothing depends on it. Workers
 * cannot ask (`persist` is exposed to pages only), so a page that stores through a worker calls this itself.
 */
export async function askToPersist(): Promise<void> {
  const storage = navigator.storage as Partial<StorageManager> | undefined;
  if (!storage?.persist || !storage.persisted) return;
  if (await storage.persisted().catch(() => true)) return;
  await storage.persist().catch(() => false);
}
