/** Runs that the studio has, with those whose adapter is not stored as they ended. */
import { StudioError } from '../../errors';
import type { AdapterRecord } from '../../protocol/records';
import type { ListedRun } from '../../protocol/types';
import type { RunRecord } from '../../runs/record';
import { joinChunks } from '../../runs/series';
import type { StudioStore } from '../../storage/store';
import type { RunWithSeries } from '../adapters/downloads';
import type { UnstoredAdapters } from '../adapters/unstored-adapters';
import { listRuns } from './listed-runs';
import type { TrainerLock } from './trainer-lock';

export interface StoredRunsParts {
  readonly store: StudioStore;
  readonly lock: TrainerLock;
  readonly unstored: UnstoredAdapters;
}

export class StoredRuns {
  readonly #parts: StoredRunsParts;

  constructor(parts: StoredRunsParts) {
    this.#parts = parts;
  }

  async list(): Promise<ListedRun[]> {
    const { lock, store } = this.#parts;
    const inUse = await lock.runsInUse();
    return listRuns(store, inUse);
  }

  /** Throws `unknown-run`. */
  async get(runId: string): Promise<RunRecord> {
    const { store } = this.#parts;
    const run = await store.getRun(runId);
    if (!run) {
      store.setAside.requireReadable(`run/${runId}`);
      throw new StudioError(
        'unknown-run',
        'This run is not stored any more.',
        'Reload the page to see the runs that are.',
      );
    }
    return run;
  }

  /** As it ended, where its adapter is not stored. */
  async withSeries(runId: string): Promise<RunWithSeries> {
    const { unstored, store } = this.#parts;
    const ended = unstored.ofRun(runId);
    const run = ended?.run ?? (await this.get(runId));
    const { chunks } = ended ?? (await store.storedSeries(runId));
    return { run, series: joinChunks(chunks, run.series) };
  }

  /** The run that an adapter came of; null where it is not known. */
  async ofAdapter({ runId }: AdapterRecord): Promise<RunWithSeries | null> {
    const { unstored, store } = this.#parts;
    if (!runId || (!unstored.ofRun(runId) && !(await store.getRun(runId)))) return null;
    return this.withSeries(runId);
  }
}
