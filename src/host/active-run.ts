/**
 * One run from its preparation to its end: opens the session, drives the trainer, keeps the journal, writes checkpoints,
 * goes on from the last one when the device is lost, stores the adapter. The only writer of its run's records while it runs.
 */

import { type ErrorReport, invariant, StudioError, toErrorReport } from '../errors';
import { packParameters } from '../graph/parameters';
import type { CheckpointRecord } from '../protocol/records';
import type { EventMessage } from '../protocol/types';
import { leadsOn, next, type RunEvent, type RunState, recordedAs } from '../runs/life';
import { aboutOf, type RunAbout, type RunRecord, type RunResults, withoutSteps } from '../runs/record';
import { nothingStored, type StoredSeries } from '../runs/series';
import type { Session, TrainingState } from '../runtime/executor';
import type { StudioStore } from '../storage/store';
import { metricsOf } from '../task';
import { traced } from '../trace';
import { withVirtualTokens } from '../train/batch';
import { countedParameters, totalFlos } from '../train/flos';
import { runTraining } from '../train/trainer';
import { storeAdapter, summarize, type TrainedAdapter } from './adapter-records';
import type { BaseKeeper } from './base-keeper';
import type { LoadedBaseModel } from './base-models';
import type { OpenExecutor } from './executors';
import { listed } from './listed-runs';
import { RunJournal } from './run-journal';
import type { PreparedRun } from './run-preparation';
import { StepsBuffer } from './steps-buffer';
import { Stopwatch } from './stopwatch';

const checkpointIntervalMs = 30_000;

/** Errors of a device that is gone, and of one that did not come back. */
const deviceGone: ReadonlySet<string> = new Set(['device-lost', 'adapter-missing', 'device-refused']);

/** A device may be lost this often before the run is left as interrupted: a loop of crashes must end. */
const maxDeviceLosses = 3;

/** What a run needs before it can open a session. */
export interface RunMaterial {
  /** With everything that only the preparation knows: steps, parameters, fingerprints. */
  readonly run: RunRecord;
  readonly base: LoadedBaseModel;
  readonly prepared: PreparedRun;
  /** Where to go on; null starts from the initial values. */
  readonly checkpoint: CheckpointRecord | null;
  readonly series: StoredSeries;
}

/** Another executor was chosen while the run was paused. */
class ExecutorChanged extends Error {}

export interface ActiveRunParts {
  readonly run: RunRecord;
  readonly prepare: () => Promise<RunMaterial>;
  readonly store: StudioStore;
  readonly keeper: BaseKeeper;
  /** What the person has chosen by now. */
  readonly chosenExecutor: () => OpenExecutor;
  readonly post: (event: EventMessage) => void;
  /** Takes an adapter that could not be stored. */
  readonly keepUnstored: (trained: TrainedAdapter, why: ErrorReport) => void;
}

export class ActiveRun {
  readonly #parts: ActiveRunParts;
  readonly #stop = new AbortController();
  readonly #steps: StepsBuffer;
  readonly #adapterId = crypto.randomUUID();
  #journal: RunJournal;
  #watch: Stopwatch;
  #material: RunMaterial | null = null;
  #checkpoint: Omit<CheckpointRecord, 'sha256'> | null = null;
  #openExecutor: OpenExecutor;
  #state: RunState = 'preparing';
  #goOn: (() => void) | null = null;
  #checkpointRequested = false;
  #lastCheckpointAt = 0;
  /** Of the sessions before the present one. */
  #dispatchesBefore = 0;
  /** What a person says of it, which no checkpoint takes back. */
  #about: RunAbout;
  /** Everything that writes its records, one after another: what is written is what is true then. */
  #writing: Promise<unknown> = Promise.resolve();
  /** Its end is written; whoever writes after that is not this. */
  #isWritten = false;

  constructor(parts: ActiveRunParts) {
    this.#parts = parts;
    this.#openExecutor = parts.chosenExecutor();
    this.#journal = new RunJournal(parts.run, nothingStored);
    this.#about = aboutOf(parts.run);
    this.#watch = new Stopwatch();
    this.#steps = new StepsBuffer((points) => {
      parts.post({ type: 'steps', runId: this.id, points, progress: this.#progress() });
    });
  }

  get name(): string {
    return this.#about.name;
  }

  get id(): string {
    return this.#parts.run.id;
  }

  pause(): void {
    if (leadsOn(this.#state, 'pause')) this.#on('pause');
  }

  resume(): void {
    this.#on('resume');
    this.#goOn?.();
  }

  stop(): void {
    this.#on('stop');
    this.#stop.abort();
    this.#goOn?.();
  }

  /** The page is being hidden: write a checkpoint before the next step. */
  requestCheckpoint(): void {
    this.#checkpointRequested = true;
  }

  /** False where its end was written before: its record is no longer this one's to write. Throws `storage-*`. */
  change(changes: Partial<RunAbout>): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#isWritten) return false;
      const before = this.#about;
      const about = { ...before, ...changes };
      this.#journal.set(about);
      try {
        await this.#saveJournal();
      } catch (error) {
        this.#journal.set(before);
        throw error;
      }
      this.#about = about;
      this.#tell(this.#journal.snapshot());
      return true;
    });
  }

  /** The store was emptied: writes again what resuming needs. Throws `storage-*`. */
  storeAgain(): Promise<void> {
    return this.#inTurn(async () => {
      const { store } = this.#parts;
      const chunks = this.#journal.written();
      if (this.#checkpoint)
        await store.saveCheckpoint(
          { ...this.#checkpoint, run: { ...this.#checkpoint.run, ...this.#about } },
          chunks,
        );
      else await store.saveRun(this.#journal.snapshot(), chunks);
    });
  }

  /** Resolves when the run has ended, however it ended; never rejects. */
  async run(): Promise<{ readonly isDeviceGone: boolean }> {
    try {
      this.#on('open');
      const material = await traced('prepare run', () => this.#parts.prepare());
      this.#material = material;
      this.#checkpoint = material.checkpoint;
      this.#journal = new RunJournal(this.#lastKnown(), material.series);
      this.#watch = new Stopwatch(this.#lastKnown().elapsedSeconds);
      if (this.#stop.signal.aborted) await this.#endBeforeTraining();
      else await this.#runThroughDeviceLosses();
      return { isDeviceGone: false };
    } catch (error) {
      await this.#fail(error);
      return { isDeviceGone: deviceGone.has(toErrorReport(error).code) };
    }
  }

  async #runThroughDeviceLosses(): Promise<void> {
    for (let losses = 0; ; losses++) {
      try {
        await this.#runOnce();
        return;
      } catch (error) {
        if (error instanceof ExecutorChanged) {
          this.#openExecutor = this.#parts.chosenExecutor();
          continue;
        }
        const lost = error instanceof StudioError && error.code === 'device-lost';
        if (!lost || losses >= maxDeviceLosses) throw error;
        this.#watch.stop();
        this.#parts.post({
          type: 'problem',
          runId: this.id,
          error: {
            ...toErrorReport(error),
            hint: 'The run goes on from its last checkpoint; nothing is lost.',
          },
        });
        // What came after the checkpoint is computed again, so the journal returns to it.
        this.#steps.flush();
        this.#journal.returnTo(this.#lastKnown());
        this.#watch = new Stopwatch(this.#lastKnown().elapsedSeconds);
        this.#tell(this.#journal.snapshot());
      }
    }
  }

  /** The record as of the last checkpoint; without one, as the run began, whatever it had come to. */
  #lastKnown(): RunRecord {
    const run = this.#checkpoint?.run ?? withoutSteps(this.#ready().run);
    return { ...run, ...this.#about, status: 'training', error: null };
  }

  #ready(): RunMaterial {
    invariant(this.#material, `run ${this.id} is not prepared`);
    return this.#material;
  }

  async #runOnce(): Promise<void> {
    const { base, prepared, run } = this.#ready();
    const { built, plan } = prepared;
    const { kernelTable, executor: before, step } = this.#journal.snapshot();
    const { executor, info } = await this.#openExecutor();
    const isSame = info.executor === before.executor;
    const isRecorded = isSame && Object.keys(kernelTable).length > 0;
    this.#on('open');
    const session = await traced('open session', () =>
      this.#parts.keeper.open(executor, base, {
        programs: built.programs,
        tensors: prepared.initial,
        largest: withVirtualTokens(built.batchForm, plan.largest),
        // Another executor's choices say nothing to this one.
        ...(isRecorded && { kernelTable }),
        onProgress: (done, total) => this.#preparing('compiling', done, total),
      }),
    );
    try {
      session.writeState(this.#startingState());
      this.#dispatchesBefore = this.#journal.snapshot().dispatches;
      const asRecorded = session.kernelsAsRecorded && (isSame || step === 0);
      this.#journal.noteExecutor(info, session.kernelTable, asRecorded);
      await this.#train(session, run.settings);
    } finally {
      this.#watch.stop();
      session.dispose();
    }
  }

  #startingState(): TrainingState {
    const { prepared } = this.#ready();
    const { parameters } = prepared.built.programs;
    if (this.#checkpoint) return this.#checkpoint;
    const zeros = new Float32Array(parameters.totalFloats);
    return {
      parameters: packParameters(parameters, prepared.initial),
      exponentialAverage: zeros,
      exponentialAverageSquared: zeros,
    };
  }

  async #train(session: Session, settings: RunRecord['settings']): Promise<void> {
    const { base, prepared } = this.#ready();
    const { post } = this.#parts;
    await traced('write first checkpoint', () => this.#writeCheckpoint(session));
    this.#on('train');
    this.#watch.start();
    const outcome = await runTraining(
      {
        settings,
        plan: prepared.plan,
        train: prepared.train,
        validation: prepared.validation,
        form: prepared.built.batchForm,
        model: base.config,
        tables: base.tables,
        session,
        firstStep: this.#journal.step,
        lastEvaluatedStep: this.#journal.lastEvaluatedStep,
      },
      { pauseRequested: () => this.#state === 'pausing', stop: this.#stop.signal },
      {
        onSteps: (steps) => {
          this.#journal.addSteps(steps);
          const sum = (of: (step: (typeof steps)[number]) => number) =>
            steps.reduce((total, step) => total + of(step), 0);
          this.#watch.count(
            steps.length,
            sum((s) => s.rows),
            sum((s) => s.tokens),
          );
          this.#steps.add(
            steps.map(({ step, loss, gradientNorm, learningRate }) => ({
              step,
              loss,
              gradientNorm,
              learningRate,
            })),
          );
        },
        onEvaluationProgress: (done, total) => {
          this.#watch.stop();
          this.#preparing('evaluating', done, total);
        },
        onEvaluation: (point) => {
          this.#journal.addEvaluation(point);
          this.#steps.flush();
          post({ type: 'evaluation', runId: this.id, point });
          this.#watch.start();
        },
        checkpointIsDue: () =>
          this.#checkpointRequested || performance.now() - this.#lastCheckpointAt >= checkpointIntervalMs,
        onCheckpoint: () => this.#writeCheckpoint(session),
        onPaused: () => this.#holdStill(),
      },
    );
    this.#watch.stop();
    this.#steps.flush();
    await this.#finish(session, outcome);
  }

  async #holdStill(): Promise<void> {
    this.#watch.stop();
    this.#steps.flush();
    this.#journal.set({ status: 'paused' });
    // The run goes on all the same: what would be lost is only that it was paused.
    await this.#saveRun().catch((error: unknown) => this.#problem(error));
    this.#on('hold');
    // What was asked for meanwhile counts.
    if (this.#state === 'paused') {
      await new Promise<void>((resolve) => {
        this.#goOn = resolve;
      });
    }
    this.#goOn = null;
    this.#journal.set({ status: 'training' });
    // A checkpoint of this very step was written when the pause took hold.
    if (!this.#stop.signal.aborted && this.#parts.chosenExecutor() !== this.#openExecutor)
      throw new ExecutorChanged();
    this.#watch.start();
  }

  /** Between steps. Failing to store one does not end the run: the person is told, and the next one may succeed. */
  async #writeCheckpoint(session: Session): Promise<void> {
    const state = await session.readState();
    this.#syncCounters(session);
    await this.#inTurn(async () => {
      const run = this.#journal.snapshot();
      const checkpoint = {
        version: 1 as const,
        runId: this.id,
        step: run.step,
        savedAt: Date.now(),
        ...state,
        run,
      };
      this.#checkpoint = checkpoint;
      this.#checkpointRequested = false;
      this.#lastCheckpointAt = performance.now();
      const chunks = this.#journal.unwritten();
      try {
        await this.#parts.store.saveCheckpoint(checkpoint, chunks);
        this.#journal.noteWritten(chunks);
        this.#tell(run);
      } catch (error) {
        this.#problem(error);
      }
    });
  }

  #saveRun(): Promise<void> {
    return this.#inTurn(() => this.#saveJournal());
  }

  async #saveJournal(): Promise<void> {
    const chunks = this.#journal.unwritten();
    await this.#parts.store.saveRun(this.#journal.snapshot(), chunks);
    this.#journal.noteWritten(chunks);
  }

  /** Settles with what `write` does, after everything that was to be written before it. */
  #inTurn<T>(write: () => Promise<T>): Promise<T> {
    const turn = this.#writing.then(write);
    this.#writing = turn.catch(() => {});
    return turn;
  }

  #syncCounters(session: Session): void {
    this.#journal.set({
      elapsedSeconds: this.#watch.elapsedSeconds,
      dispatches: this.#dispatchesBefore + session.dispatches,
    });
  }

  async #finish(session: Session, outcome: 'finished' | 'stopped'): Promise<void> {
    const { store, post, keepUnstored } = this.#parts;
    const { prepared, base } = this.#ready();
    this.#syncCounters(session);
    const event = outcome === 'finished' ? 'finish' : 'halt';
    this.#journal.set({
      status: recordedAs(next(this.#state, event)),
      results: outcome === 'finished' ? this.#results() : null,
    });
    const state = await session.readState();
    const { fault, ...trained } = await this.#inTurn(async () => {
      const stored = await storeAdapter({
        store,
        session,
        state,
        run: this.#journal.snapshot(),
        chunks: [...this.#journal.written(), ...this.#journal.unwritten()],
        prepared,
        base,
        adapterId: this.#adapterId,
      });
      this.#isWritten = true;
      return stored;
    });
    if (fault) keepUnstored(trained, fault);
    else post({ type: 'adapter', adapter: summarize(trained.record) });
    this.#tell(trained.run);
    this.#on(fault ? `${event} unstored` : event);
  }

  /** Stopped while it was prepared. A resumed run keeps what it had trained: it is as it was before it was resumed. */
  async #endBeforeTraining(): Promise<void> {
    const event = this.#checkpoint ? 'interrupt' : 'halt';
    this.#journal.set({ status: recordedAs(next(this.#state, event)) });
    const run = await this.#inTurn(async () => {
      const ended = this.#journal.snapshot();
      await this.#parts.store.saveRun(ended);
      this.#isWritten = true;
      return ended;
    });
    this.#tell(run);
    this.#on(event);
  }

  #results(): RunResults {
    const run = this.#journal.snapshot();
    const { prepared, base } = this.#ready();
    const { plan, built } = prepared;
    const seconds = Math.max(run.elapsedSeconds, 1e-9);
    const rows = plan.order.reduce((sum, indices) => sum + indices.length, 0);
    const { lastEvaluation: last } = run;
    const counted = countedParameters(base.config, built, base.config);
    return {
      globalStep: run.step,
      trainLoss: this.#journal.meanTrainLoss(),
      trainRuntimeSeconds: run.elapsedSeconds,
      trainSamplesPerSecond: rows / seconds,
      trainStepsPerSecond: run.step / seconds,
      totalFlos: totalFlos(plan.inputEntries, counted),
      evalLoss: last?.loss ?? Number.NaN,
      evalMetrics: last ? metricsOf(last) : {},
    };
  }

  async #fail(error: unknown): Promise<void> {
    this.#watch.stop();
    this.#steps.flush();
    const report = toErrorReport(error);
    // What can go on later is interrupted, not failed: from a checkpoint, or where a run that was prepared once did not get
    // what it needs this time, as a base model that was deleted.
    const unprepared = this.#material === null;
    const canGoOn = deviceGone.has(report.code) || (unprepared && this.#parts.run.totalSteps > 0);
    const event = canGoOn ? 'interrupt' : 'fail';
    this.#journal.set({ status: recordedAs(next(this.#state, event)), error: report });
    if (!unprepared) this.#journal.set({ elapsedSeconds: this.#watch.elapsedSeconds });
    const run = await this.#inTurn(async () => {
      await this.#saveJournal().catch((storage: unknown) => this.#problem(storage));
      this.#isWritten = true;
      return this.#journal.snapshot();
    });
    const withCheckpoint = await this.#parts.store.runsWithCheckpoint().catch(() => new Set());
    this.#tell(run, withCheckpoint.has(this.id));
    this.#problem(error);
    this.#on(event);
  }

  #progress() {
    const { run, prepared } = this.#ready();
    const { totalSteps, settings } = run;
    const { step } = this.#journal;
    const speed = this.#watch.speed();
    return {
      step,
      totalSteps,
      epoch: step / prepared.plan.stepsPerEpoch,
      epochs: settings.epochs,
      samplesPerSecond: speed.rows,
      tokensPerSecond: speed.tokens,
      stepsPerSecond: speed.steps,
      elapsedSeconds: this.#watch.elapsedSeconds,
      remainingSeconds: speed.steps > 0 ? (totalSteps - step) / speed.steps : null,
    };
  }

  #preparing(phase: 'compiling' | 'evaluating', done: number, total: number): void {
    this.#parts.post({ type: 'preparing', runId: this.id, phase, done, total });
  }

  #problem(error: unknown): void {
    this.#parts.post({ type: 'problem', runId: this.id, error: toErrorReport(error) });
  }

  /** The page has a new record of it. Whether there is a checkpoint matters only where it failed. */
  #tell(run: RunRecord, hasCheckpoint = false): void {
    this.#parts.post({ type: 'run', run: listed(run, hasCheckpoint) });
  }

  /** Told also where the state stays: what it did until now, as compiling, is over. */
  #on(event: RunEvent): void {
    this.#state = next(this.#state, event);
    this.#parts.post({ type: 'status', runId: this.id, status: this.#state });
  }
}
