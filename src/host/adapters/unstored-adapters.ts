/**
 * Trained adapters that could not be stored. They stay in memory until they are or the person deletes their run; their runs
 * stay this tab's, so that no other one resumes or deletes them meanwhile. Knows the store; nothing of training.
 */
import { type ErrorReport, invariant, StudioError } from '../../errors';
import type { AdapterRecord } from '../../protocol/records';
import type { EventMessage } from '../../protocol/types';
import type { RunAbout, RunRecord } from '../../runs/record';
import type { StudioStore } from '../../storage/store';
import { listed } from '../runs/listed-runs';
import type { TrainerLock } from '../runs/trainer-lock';
import { storeAgain, summarize, type TrainedAdapter } from './adapter-records';

interface Kept extends TrainedAdapter {
  readonly error: ErrorReport;
  readonly release: () => Promise<void>;
}

export class UnstoredAdapters {
  readonly #store: StudioStore;
  readonly #lock: TrainerLock;
  readonly #post: (event: EventMessage) => void;
  readonly #byRun = new Map<string, Kept>();

  constructor(store: StudioStore, lock: TrainerLock, post: (event: EventMessage) => void) {
    this.#store = store;
    this.#lock = lock;
    this.#post = post;
  }

  keep(trained: TrainedAdapter, error: ErrorReport): void {
    const release = this.#lock.keep(trained.run.id);
    this.#byRun.set(trained.run.id, { ...trained, error, release });
    this.#tell();
  }

  find(adapterId: string): AdapterRecord | undefined {
    return [...this.#byRun.values()].find(({ record }) => record.id === adapterId)?.record;
  }

  /** The run as it ended, with all of its series; its stored record is an interrupted one. */
  ofRun(runId: string): Pick<TrainedAdapter, 'run' | 'chunks'> | undefined {
    return this.#byRun.get(runId);
  }

  /** What a person says of it now, for when it is stored. */
  change(runId: string, changes: Partial<RunAbout>): RunRecord {
    const kept = this.#byRun.get(runId);
    invariant(kept, `no adapter of run ${runId} is kept`);
    const run = { ...kept.run, ...changes };
    this.#byRun.set(runId, { ...kept, run });
    return run;
  }

  /** Throws `storage-*` or `adapter-not-verified` and keeps it, or `unknown-adapter`. */
  async store(runId: string): Promise<void> {
    const kept = this.#byRun.get(runId);
    if (!kept)
      throw new StudioError(
        'unknown-adapter',
        'No adapter of this run waits to be stored.',
        'See the list of adapters; if it is not there, resume its run.',
      );
    await storeAgain(this.#store, kept);
    await this.#letGo(runId);
    this.#post({ type: 'adapter', adapter: summarize(kept.record) });
    this.#post({ type: 'run', run: listed(kept.run, false) });
  }

  /** The person gives it up. */
  async discard(runId: string): Promise<void> {
    await this.#letGo(runId);
  }

  async #letGo(runId: string): Promise<void> {
    const kept = this.#byRun.get(runId);
    if (!kept) return;
    this.#byRun.delete(runId);
    await kept.release();
    this.#tell();
  }

  #tell(): void {
    const adapters = [...this.#byRun].map(([runId, { record, error }]) => ({
      runId,
      adapter: summarize(record),
      error,
    }));
    this.#post({ type: 'unstored', adapters });
  }
}
