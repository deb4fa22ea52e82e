/**
 * The one run that trains here and those that wait for it: makes records of new ones, begins them under their locks, and goes on with
 * those that were interrupted.
 */
import type { Dataset } from '../../data/dataset';
import { StudioError } from '../../errors';
import type { EventMessage, ListedRun } from '../../protocol/types';
import { isUnderWay, leadsOn, next, type RunStatus, recordedAs } from '../../runs/life';
import type { BaseIdentity, RunRecord } from '../../runs/record';
import type { StudioStore } from '../../storage/store';
import { traced } from '../../trace';
import type { StoredAdapters } from '../adapters/stored-adapters';
import type { UnstoredAdapters } from '../adapters/unstored-adapters';
import type { Datasets } from '../data/datasets';
import type { EncodedRows } from '../data/encoded-rows';
import type { OpenExecutor } from '../executors';
import { otherBaseWarning, requireSameBase } from '../models/base-identity';
import type { BaseKeeper } from '../models/base-keeper';
import { type BaseModels, storedBase } from '../models/base-models';
import { ActiveRun, type RunMaterial } from './active-run';
import { listed } from './listed-runs';
import { nextRunNumber, runName } from './run-name';
import { prepareRun } from './run-preparation';
import { RunQueue } from './run-queue';
import type { StoredRuns } from './stored-runs';
import { type Begun, busy, type TrainerLock } from './trainer-lock';

export interface TrainingParts {
  readonly store: StudioStore;
  readonly post: (event: EventMessage) => void;
  readonly lock: TrainerLock;
  readonly runs: StoredRuns;
  readonly adapters: StoredAdapters;
  readonly unstored: UnstoredAdapters;
  readonly datasets: Datasets;
  readonly rows: EncodedRows;
  readonly models: BaseModels;
  readonly keeper: BaseKeeper;
  /** Throws `not-open` where there is no device. */
  readonly executor: () => OpenExecutor;
  readonly stopReadiness: () => void;
}

export class Training {
  readonly #parts: TrainingParts;
  readonly #queue: RunQueue;
  #active: ActiveRun | null = null;
  /** Runs that repeat another one, and begin with whatever threads there are. */
  readonly #asItIs = new Set<string>();

  constructor(parts: TrainingParts) {
    this.#parts = parts;
    const { store, lock, post } = parts;
    this.#queue = new RunQueue({
      store,
      lock,
      post,
      begin: async (run) => {
        const dataset = await this.datasetOf(run);
        return this.#begin(run, dataset);
      },
      isReadyFor: (run) => this.#isReadyFor(run),
    });
  }

  get active(): ActiveRun | null {
    return this.#active;
  }

  /** Throws `busy`. */
  requireIdle(): void {
    if (this.#active) throw busy();
  }

  /** Throws `run-not-active`. */
  ofActive(runId: string, act: (run: ActiveRun) => void): null {
    if (this.#active?.id !== runId) {
      throw new StudioError(
        'run-not-active',
        'This run is not training now.',
        'An interrupted run can be resumed from the list of runs.',
      );
    }
    act(this.#active);
    return null;
  }

  /** Those that may be training now, in this tab or another. */
  async runsUnderWay(): Promise<readonly RunRecord[]> {
    const { lock, store } = this.#parts;
    if (this.#active === null && (await lock.isFree())) return [];
    return (await store.listRuns()).filter(({ status }) => isUnderWay(status));
  }

  /** What waits begins when nothing trains. */
  goOn(): void {
    this.#queue.goOn();
  }

  move(runId: string, to: number): Promise<void> {
    return this.#queue.move(runId, to);
  }

  /** One that waits, while the others go on. */
  holdBack(runId: string, hold: boolean): void {
    this.#queue.holdBack(runId, hold);
  }

  /** A run that waits for other threads begins with those there are. */
  beginAsItIs(runId: string): void {
    this.#asItIs.add(runId);
    this.#queue.goOn();
  }

  /** A record with a name of its own, that begins or waits. */
  async create(
    make: (named: Pick<RunRecord, 'id' | 'name'>) => RunRecord,
    dataset: Dataset,
    queue: boolean,
  ): Promise<ListedRun> {
    const { lock, store } = this.#parts;
    const id = crypto.randomUUID();
    const create = () =>
      lock.counting(async () => {
        const number = await this.#nextRunNumber();
        const name = runName(number - 1);
        const made = make({ id, name });
        const run = queue ? await this.#queue.atEnd(made) : made;
        await store.createRun(run, number);
        return run;
      });
    const run = queue
      ? await create()
      : await lock.hold(id, async () => {
          const begun = await create();
          return { answer: begun, ended: this.#start(begun, dataset) };
        });
    this.#queue.goOn();
    return listed(run, false);
  }

  async resume(runId: string): Promise<null> {
    const { lock, runs } = this.#parts;
    if (this.#active?.id === runId) return this.ofActive(runId, (run) => run.resume());
    this.requireIdle();
    await lock.hold(runId, async () => {
      const run = await runs.get(runId);
      const dataset = await this.#requireResumable(run);
      return this.#begin({ ...run, status: recordedAs(next(left(run), 'resume')) }, dataset);
    });
    this.#queue.goOn();
    return null;
  }

  /** Throws `dataset-changed`, and where something else that it needs is gone. */
  async datasetOf({ dataset: recorded, settings }: RunRecord): Promise<Dataset> {
    const { datasets, adapters } = this.#parts;
    const dataset = await datasets.get(recorded.id);
    if (dataset.fingerprint !== recorded.fingerprint) {
      throw new StudioError(
        'dataset-changed',
        `The data set ${recorded.name} is not the one this run began with.`,
        'Start a new run on the present data.',
      );
    }
    await adapters.startsOf(settings);
    return dataset;
  }

  async #nextRunNumber(): Promise<number> {
    const { store } = this.#parts;
    const [last, adapters] = await Promise.all([store.lastRunNumber(), store.listAdapters()]);
    // Once runs are counted, only adapters may bring a name from elsewhere.
    const runs = last === undefined ? await store.listRuns() : [];
    return nextRunNumber(
      last,
      [...runs, ...adapters].map(({ name }) => name),
    );
  }

  /** A run that was recorded before, under its locks. At once, so that no other tab deletes what it needs while it prepares. */
  async #begin(run: RunRecord, dataset: Dataset): Promise<Begun<null>> {
    const { store, post } = this.#parts;
    await store.saveRun(run);
    post({ type: 'run', run: listed(run, false) });
    return { answer: null, ended: this.#start(run, dataset) };
  }

  /** One that repeats another is for a worker with the threads of that one: the page is asked for it, and may have none. */
  async #isReadyFor({ id, kernelTable, executor: { runtime } }: RunRecord): Promise<boolean> {
    const isRepeat = Object.keys(kernelTable).length > 0;
    if (!isRepeat || !runtime || this.#asItIs.has(id)) return true;
    // Where there is no device, beginning it says so.
    const openExecutor = this.#parts.executor();
    const opened = await openExecutor().catch(() => null);
    const threads = opened?.info.runtime?.threads;
    if (threads === undefined || threads === runtime.threads) return true;
    this.#parts.post({ type: 'threads', runId: id });
    return false;
  }

  /** Its data set, on which it can go on. Throws `run-ended`, `dataset-changed`, and where something it needs is gone. */
  async #requireResumable(run: RunRecord): Promise<Dataset> {
    const { id, status, name } = run;
    // What failed goes on only from a checkpoint: from the start it would fail again.
    if (status === 'failed' && !(await this.#parts.store.loadCheckpoint(id)))
      throw new StudioError(
        'run-ended',
        `The run ${name} failed and has no whole checkpoint to go on from.`,
        'Start a new run with its settings.',
      );
    if (!leadsOn(left(run), 'resume'))
      throw new StudioError(
        'run-ended',
        `The run ${name} is ${status}; only an interrupted or failed run can go on.`,
        'Use its adapter as the start of a new run.',
      );
    return this.datasetOf(run);
  }

  /** Runs in the background; the run's fate is told by events and its record. Resolves when it has ended. */
  #start(run: RunRecord, dataset: Dataset): Promise<void> {
    const { store, post, models, adapters, rows, keeper, executor, unstored, stopReadiness } = this.#parts;
    const tell = (phase: 'model' | 'tokenizing') => (done: number, total: number) =>
      post({ type: 'preparing', runId: run.id, phase, done, total, progress: null });
    const prepare = async (): Promise<RunMaterial> => {
      const base = storedBase(
        await traced('load base model', () => models.load(run.settings.baseModel, tell('model'))),
        run.settings.baseStorage,
      );
      requireSameBase(run, base.identity);
      await this.#warnOfOtherBase(run, base.identity);
      const prepared = await prepareRun(
        run.settings,
        dataset,
        base,
        await adapters.startsOf(run.settings),
        rows,
        tell('tokenizing'),
      );
      const { plan, built } = prepared;
      return {
        base,
        prepared,
        checkpoint: (await store.loadCheckpoint(run.id)) ?? null,
        series: await store.storedSeries(run.id),
        run: {
          ...run,
          totalSteps: plan.totalSteps,
          trainableParameters: built.programs.parameters.count,
          base: base.identity,
          dataset: { ...run.dataset, trainRows: plan.rows },
        },
      };
    };
    const active = new ActiveRun({
      run,
      prepare,
      store,
      keeper,
      chosenExecutor: executor,
      post,
      keepUnstored: (trained, why) => unstored.keep(trained, why),
    });
    this.#active = active;
    // Once more: the form may have changed since the click.
    stopReadiness();
    return active.run().then(({ isDeviceGone }) => {
      this.#active = null;
      if (isDeviceGone) this.#queue.hold();
    });
  }

  async #warnOfOtherBase({ id, settings }: RunRecord, identity: BaseIdentity): Promise<void> {
    const { adapters, post } = this.#parts;
    if (!settings.startFrom) return;
    const message = otherBaseWarning(await adapters.get(settings.startFrom), identity);
    if (message === null) return;
    const hint = 'The run goes on: the adapter learns the new base model, from values that fit the old one.';
    post({ type: 'problem', runId: id, error: { code: 'other-base', message, hint } });
  }
}

/** Of a run whose lock is this tab's: what is recorded as training was interrupted. */
const left = ({ status }: RunRecord): RunStatus =>
  isUnderWay(status) ? recordedAs(next(status, 'interrupt')) : status;
