/**
 * The training loop: the Hugging Face Trainer's semantics on a session. Knows steps, epochs, evaluation points, pause and
 * stop; knows nothing of storage, of the page or of which executor it drives. Whoever runs it is told through `TrainerEvents`.
 */
import { StudioError } from '../errors';
import type { EmbeddingTables } from '../models/embedding';
import type { EncoderConfig } from '../models/hooks';
import type { EvaluationPoint } from '../runs/record';
import { type EvaluationSteps, evaluationIsDue, scheduleFactor } from '../runs/schedule';
import type { RunSettings } from '../runs/settings';
import type { Session, StepMetrics } from '../runtime/executor';
import { traced } from '../trace';
import { type BatchForm, toExecutorBatch } from './batch';
import { evaluateSplit, joinedEvaluation, type SplitEvaluation } from './evaluate';
import { type EncodedSplit, microBatchesOf, type RunPlan } from './plan';

/** Steps in a row with non-finite loss or gradients after which the run ends: the last finite state is kept. */
const maxSkippedInARow = 3;

export interface TrainerInput {
  readonly settings: RunSettings;
  readonly plan: RunPlan;
  readonly train: EncodedSplit;
  readonly validation: EncodedSplit;
  readonly model: EncoderConfig;
  readonly tables: EmbeddingTables;
  readonly form: BatchForm;
  readonly session: Session;
  /** Optimizer steps that are already in the session's state; 0 for a new run. */
  readonly firstStep: number;
  /** Step of the last evaluation that is already recorded, or -1. */
  readonly lastEvaluatedStep: number;
}

export interface FinishedStep extends StepMetrics {
  readonly learningRate: number;
  /** Real tokens and rows of the step, for speed. */
  readonly tokens: number;
  readonly rows: number;
}

export interface TrainerEvents {
  onSteps(steps: readonly FinishedStep[]): void;
  /** First with no row done, when the evaluation begins. */
  onEvaluationProgress(doneRows: number, rows: number): void;
  onEvaluation(point: EvaluationPoint): void;
  /** After the last one: what the run's result is of. */
  onResult(evaluation: SplitEvaluation): void;
  /** Between two steps with none in flight: pausing took hold. Resolves when the run goes on. */
  onPaused(): Promise<void>;
  /** Asked before every step: is it time for a checkpoint? */
  checkpointIsDue(step: number): boolean;
  /** No step is in flight and the metrics of all `step` steps were handed on: the session's state may be read. */
  onCheckpoint(step: number): Promise<void>;
}

/** Switches that a person operates while the loop runs. */
export interface TrainerControls {
  readonly pauseRequested: () => boolean;
  readonly stop: AbortSignal;
}

export type TrainerOutcome = 'finished' | 'stopped';

/** Runs from `firstStep` to the end. Throws `StudioError` `diverged`, or what the session throws (`device-lost`). */
export async function runTraining(
  input: TrainerInput,
  controls: TrainerControls,
  events: TrainerEvents,
): Promise<TrainerOutcome> {
  const loop = new TrainingLoop(input, controls, events);
  return loop.run();
}

class TrainingLoop {
  readonly #input: TrainerInput;
  readonly #controls: TrainerControls;
  readonly #events: TrainerEvents;
  #skippedInARow = 0;
  #lastEvaluatedStep: number;
  /** What is known of a step before its metrics come back. */
  readonly #inFlight = new Map<number, Pick<FinishedStep, 'learningRate' | 'tokens' | 'rows'>>();

  constructor(input: TrainerInput, controls: TrainerControls, events: TrainerEvents) {
    this.#input = input;
    this.#controls = controls;
    this.#events = events;
    this.#lastEvaluatedStep = input.lastEvaluatedStep;
  }

  async run(): Promise<TrainerOutcome> {
    const { session, plan, firstStep } = this.#input;
    const { stop } = this.#controls;
    for (let t = firstStep; t < plan.totalSteps; t++) {
      // First, so that what was asked for during a step that blocked this thread is known before the next one.
      await session.ready();
      // A run that was interrupted between a step and its evaluation evaluates first.
      if (t > 0 && this.#evaluationIsDue(t)) await this.#evaluate(t);
      if (stop.aborted) return this.#settle('stopped');
      if (this.#controls.pauseRequested()) {
        await this.#checkpoint(t);
        await this.#events.onPaused();
        if (stop.aborted) return this.#settle('stopped');
      }
      if (this.#events.checkpointIsDue(t)) await this.#checkpoint(t);
      if ((await traced('submit step', () => this.#step(t))) === 'dropped') return this.#settle('stopped');
      await this.#collect(false);
    }
    await this.#collect(true);
    if (this.#lastEvaluatedStep < plan.totalSteps) await this.#evaluate(plan.totalSteps);
    return stop.aborted ? 'stopped' : 'finished';
  }

  async #checkpoint(step: number): Promise<void> {
    await this.#collect(true);
    await this.#events.onCheckpoint(step);
  }

  async #settle(outcome: TrainerOutcome): Promise<TrainerOutcome> {
    await this.#collect(true);
    return outcome;
  }

  #step(t: number): Promise<'enqueued' | 'dropped'> {
    const { settings, plan, train, tables, model, form, session } = this.#input;
    const accumulation = settings.gradientAccumulationSteps;
    const batches = microBatchesOf(plan, train, t, accumulation);
    const learningRate =
      settings.learningRate * scheduleFactor(settings.scheduler, t, plan.totalSteps, settings.warmupSteps);
    this.#inFlight.set(t + 1, {
      learningRate,
      tokens: batches.reduce((sum, batch) => sum + batch.tokens, 0),
      rows: batches.reduce((sum, batch) => sum + batch.sequences, 0),
    });
    const stepSettings = {
      step: t + 1,
      learningRate,
      weightDecay: settings.weightDecay,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: settings.maxGradNorm,
      seed: settings.seed,
      microStep: t * accumulation,
      accumulation: settings.accumulationMode,
    };
    const executorBatches = batches.map((batch) => toExecutorBatch(batch, tables, model, form));
    return session.trainStep(executorBatches, stepSettings, this.#controls.stop);
  }

  async #collect(wait: boolean): Promise<void> {
    const metrics = await this.#input.session.takeMetrics(wait);
    if (metrics.length === 0) return;
    const finished = metrics.map((step) => {
      const known = this.#inFlight.get(step.step)!;
      this.#inFlight.delete(step.step);
      return { ...step, ...known };
    });
    this.#events.onSteps(finished);
    for (const { skipped, step } of finished) {
      this.#skippedInARow = skipped ? this.#skippedInARow + 1 : 0;
      if (this.#skippedInARow < maxSkippedInARow) continue;
      throw new StudioError(
        'diverged',
        `Loss or gradients were not finite in ${maxSkippedInARow} steps in a row, the last one step ${step}. The adapter is as it was before them.`,
        'Train again with a lower learning rate, or with warm-up steps.',
      );
    }
  }

  #evaluationIsDue(step: number): boolean {
    const { plan, settings } = this.#input;
    return step > this.#lastEvaluatedStep && evaluationIsDue(step, evaluationSteps(plan, settings));
  }

  /** The last one reads the rows of all others first, so that its point is of the same ones, and then what it reads besides. */
  async #evaluate(step: number): Promise<void> {
    await this.#collect(true);
    const { validation, form, plan } = this.#input;
    const { evaluated, evaluatedAtEnd } = plan;
    const isLast = step === plan.totalSteps;
    const rows = evaluated.length + (isLast ? evaluatedAtEnd.length : 0);
    const evaluation = await this.#evaluateRows(evaluated, (done) =>
      this.#events.onEvaluationProgress(done, rows),
    );
    if (!evaluation) return;
    this.#lastEvaluatedStep = step;
    this.#events.onEvaluation({
      step,
      epoch: step / plan.stepsPerEpoch,
      loss: evaluation.loss,
      ...evaluation.metrics,
      ...(evaluated.length < validation.ids.length && { rows: evaluated.length }),
    });
    if (!isLast) return;
    if (evaluatedAtEnd.length === 0) return this.#events.onResult(evaluation);
    const rest = await this.#evaluateRows(evaluatedAtEnd, (done) =>
      this.#events.onEvaluationProgress(evaluated.length + done, rows),
    );
    if (!rest) return;
    const parts = [
      { chosen: evaluated, evaluation },
      { chosen: evaluatedAtEnd, evaluation: rest },
    ];
    this.#events.onResult(joinedEvaluation(validation, form, parts));
  }

  #evaluateRows(
    chosen: readonly number[],
    onProgress: (doneRows: number) => void,
  ): Promise<SplitEvaluation | null> {
    const { session, validation, tables, model, form, settings, plan } = this.#input;
    return evaluateSplit(session, validation, tables, model, {
      batchSize: settings.evaluationBatchSize,
      padding: plan.padding,
      form,
      chosen,
      onProgress,
      signal: this.#controls.stop,
    });
  }
}

export const evaluationSteps = (
  { stepsPerEpoch, totalSteps }: RunPlan,
  { evaluateEverySteps }: RunSettings,
): EvaluationSteps => ({ stepsPerEpoch, totalSteps, evaluateEverySteps });
