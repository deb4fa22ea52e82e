/**
 * One run from its preparation to its end: opens the session, drives the trainer, keeps the journal, writes checkpoints,
 * goes on from the last one when the device is lost, stores the adapter. The only writer of its run's records while it runs.
 */

import { targetsOfRows } from '../../data/dataset';
import { type ErrorReport, invariant, StudioError, toErrorReport } from '../../errors';
import { packParameters } from '../../graph/parameters';
import type { CheckpointRecord } from '../../protocol/records';
import type { EventMessage, RunProgress } from '../../protocol/types';
import { leadsOn, next, type RunEvent, type RunState, recordedAs } from '../../runs/life';
import { aboutOf, type RunAbout, type RunRecord, type RunResults, withoutSteps } from '../../runs/record';
import { nothingStored, type StoredSeries } from '../../runs/series';
import { timesOf } from '../../runs/times';
import type { Session, TrainingState } from '../../runtime/executor';
import type { StudioStore } from '../../storage/store';
import { traced } from '../../trace';
import { withVirtualTokens } from '../../train/batch';
import type { SplitEvaluation } from '../../train/evaluate';
import { countedParameters, totalFlos } from '../../train/flos';
import { constantBaseline } from '../../train/metrics';
import { evaluationSteps, runTraining } from '../../train/trainer';
import { storeAdapter, summarize, type TrainedAdapter } from '../adapters/adapter-records';
import type { OpenExecutor } from '../executors';
import type { BaseKeeper } from '../models/base-keeper';
import type { LoadedBaseModel } from '../models/base-models';
import { listed } from './listed-runs';
import { remainingTimes, workLeft } from './remaining';
import { RunClock } from './run-clock';
import { RunJournal } from './run-journal';
import type { PreparedRun } from './run-preparation';
import { StepsBuffer } from './steps-buffer';

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
  #clock = new RunClock();
  /** Rows that the evaluation under way has read. */
  #evaluatedRows = 0;
  /** Of the last evaluation. */
  #result: SplitEvaluation | null = null;
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
      this.#clock.turnTo('preparation');
      const material = await traced('prepare run', () => this.#parts.prepare());
      this.#material = material;
      this.#checkpoint = material.checkpoint;
      this.#journal = new RunJournal(this.#lastKnown(), material.series);
      this.#clock.goOnFrom(timesOf(this.#lastKnown()));
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
        this.#clock = new RunClock(timesOf(this.#lastKnown()));
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
    this.#clock.turnTo('preparation');
    this.#evaluatedRows = 0;
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
      this.#clock.turnTo(null);
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
    this.#clock.turnTo('training');
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
          this.#clock.count(
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
          this.#clock.turnTo('evaluation');
          this.#clock.countEvaluated(Math.max(0, done - this.#evaluatedRows));
          this.#evaluatedRows = done;
          this.#preparing('evaluating', done, total);
        },
        onEvaluation: (point) => {
          this.#journal.addEvaluation(point);
          this.#steps.flush();
          post({ type: 'evaluation', runId: this.id, point });
          // The last evaluation goes on with the rows that the others do not read.
          if (point.step < prepared.plan.totalSteps) this.#evaluatedRows = 0;
          this.#clock.turnTo('training');
        },
        onResult: (evaluation) => {
          this.#result = evaluation;
        },
        checkpointIsDue: () =>
          this.#checkpointRequested || performance.now() - this.#lastCheckpointAt >= checkpointIntervalMs,
        onCheckpoint: () => this.#writeCheckpoint(session),
        onPaused: () => this.#holdStill(),
      },
    );
    this.#clock.turnTo('saving');
    this.#steps.flush();
    await this.#finish(session, outcome);
  }

  async #holdStill(): Promise<void> {
    this.#clock.turnTo(null);
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
    this.#clock.turnTo('training');
  }

  /** Between steps. Failing to store one does not end the run: the person is told, and the next one may succeed. */
  #writeCheckpoint(session: Session): Promise<void> {
    return this.#clock.during('checkpoints', async () => {
      await this.#checkpointNow(session);
      this.#clock.countCheckpoint();
    });
  }

  async #checkpointNow(session: Session): Promise<void> {
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
    this.#journal.set({ ...this.#times(), dispatches: this.#dispatchesBefore + session.dispatches });
  }

  /** As the record keeps it. Of a run that an older studio began it is not known what its other parts took until then. */
  #times(): Pick<RunRecord, 'elapsedSeconds' | 'otherSeconds'> {
    const { training: elapsedSeconds, ...otherSeconds } = this.#clock.times;
    const knowsAll = this.#material === null || this.#lastKnown().otherSeconds !== undefined;
    return knowsAll ? { elapsedSeconds, otherSeconds } : { elapsedSeconds };
  }

  async #finish(session: Session, outcome: 'finished' | 'stopped'): Promise<void> {
    const { store, post, keepUnstored } = this.#parts;
    const { prepared, base } = this.#ready();
    this.#preparing('saving', 0, 0);
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
      // How long that took is known only now; a record without it is whole nevertheless.
      const run = { ...stored.run, ...this.#times() };
      if (!stored.fault) await store.saveRun(run).catch(() => undefined);
      this.#isWritten = true;
      return { ...stored, run };
    });
    if (fault) keepUnstored(trained, fault);
    else post({ type: 'adapter', adapter: summarize(trained.record) });
    this.#tell(trained.run);
    this.#on(fault ? `${event} unstored` : event);
  }

  /** Stopped while it was prepared. A resumed run keeps what it had trained: it is as it was before it was resumed. */
  async #endBeforeTraining(): Promise<void> {
    const event = this.#checkpoint ? 'interrupt' : 'halt';
    this.#journal.set({ status: recordedAs(next(this.#state, event)), ...this.#times() });
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
    const { task } = run.dataset;
    const result = this.#result;
    invariant(result, `run ${this.id} ended without an evaluation`);
    const { labels, ids } = prepared.validation;
    const evaluated = targetsOfRows(labels, ids.length, [...plan.evaluated, ...plan.evaluatedAtEnd]);
    const counted = countedParameters(base.config, built, base.config);
    return {
      globalStep: run.step,
      trainLoss: this.#journal.meanTrainLoss(),
      trainRuntimeSeconds: run.elapsedSeconds,
      trainSamplesPerSecond: rows / seconds,
      trainStepsPerSecond: run.step / seconds,
      totalFlos: totalFlos(plan.inputEntries, counted),
      evalLoss: result.loss,
      evalMetrics: result.metrics,
      evalRows: result.rows,
      evalBaseline: constantBaseline(task, evaluated, built.batchForm.classes),
    };
  }

  async #fail(error: unknown): Promise<void> {
    this.#clock.turnTo(null);
    this.#steps.flush();
    const report = toErrorReport(error);
    // What can go on later is interrupted, not failed: from a checkpoint, or where a run that was prepared once did not get
    // what it needs this time, as a base model that was deleted.
    const unprepared = this.#material === null;
    const canGoOn = deviceGone.has(report.code) || (unprepared && this.#parts.run.totalSteps > 0);
    const event = canGoOn ? 'interrupt' : 'fail';
    this.#journal.set({ status: recordedAs(next(this.#state, event)), error: report });
    if (!unprepared) this.#journal.set(this.#times());
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

  #progress(): RunProgress {
    const { run, prepared } = this.#ready();
    const { totalSteps, settings } = run;
    const { step } = this.#journal;
    const speed = this.#clock.speed();
    return {
      step,
      totalSteps,
      epoch: step / prepared.plan.stepsPerEpoch,
      epochs: settings.epochs,
      samplesPerSecond: speed.rows,
      tokensPerSecond: speed.tokens,
      stepsPerSecond: speed.steps,
      times: timesOf(this.#times()),
      remaining: this.#state === 'stopping' ? null : this.#remaining(),
    };
  }

  #remaining(): RunProgress['remaining'] {
    const { run, prepared } = this.#ready();
    const { step, lastEvaluatedStep } = this.#journal;
    const { plan } = prepared;
    const at = { step, lastEvaluatedStep, evaluatedRows: this.#evaluatedRows };
    return remainingTimes(workLeft(plan, evaluationSteps(plan, run.settings), at), {
      speed: this.#clock.speed(),
      costs: this.#clock.costs(),
      secondsBetweenCheckpoints: checkpointIntervalMs / 1000,
    });
  }

  #preparing(phase: 'compiling' | 'evaluating' | 'saving', done: number, total: number): void {
    const progress = phase === 'compiling' ? null : this.#progress();
    this.#parts.post({ type: 'preparing', runId: this.id, phase, done, total, progress });
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
