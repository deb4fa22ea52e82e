/** What the form opens with on an executor, why, and what is made ready for it while the person looks at it. */
import { adapterMethods, methodById } from '../adapters/registry';
import { defaultHead } from '../heads/classification';
import { baseTensor } from '../models/base-weights';
import type { ComputingDescription } from '../protocol/types';
import type { ExecutorInfo } from '../runs/record';
import { defaultSettings, type RunSettings } from '../runs/settings';
import type { Session } from '../runtime/executor';
import { traced } from '../trace';
import { type BatchForm, toExecutorBatch, withVirtualTokens } from '../train/batch';
import { initialize } from '../train/initialize';
import { collateRows } from '../train/plan';
import { buildTraining } from '../train/programs';
import type { BaseKeeper } from './base-keeper';
import { type BaseModels, type LoadedBaseModel, storedBase } from './base-models';
import type { OpenExecutor } from './executors';

/** Rows that a software adapter trains on unless the person asks for more: a minute or two instead of an hour. */
const softwareAdapterRows = 512;

/** However slow the machine is. */
const fewestRows = 64;

/** Tokens of a long sentence: sizes the warm-up. */
const usualTokens = 50;

/** A few minutes, in which a first run should end. */
const openingSeconds = 300;

/** An evaluated row to a trained one: its forward pass without the backward one. */
const evaluationCost = 1 / 3;

/** Rows in a batch of the trial, and of how many tokens: enough to tell, and little to wait for. */
const trialRows = 8;
const trialText =
  'a film of long and quiet scenes that somehow never bores , with a cast that knows what it does and a score to remember';

/** What a trial told of an executor. */
export interface Trial {
  readonly baseModel: string;
  readonly rowsPerSecond: number;
}

/** Rows of the data set that the form opens with. */
export interface OpeningRows {
  readonly train: number;
  readonly validation: number;
}

export function openingFor(
  { executor, adapter, isSoftwareAdapter }: ExecutorInfo,
  trial: Trial | null,
  rows: OpeningRows,
): Pick<ComputingDescription, 'defaults' | 'notice'> {
  const { id, defaultConfig } = adapterMethods[0]!;
  const defaults: RunSettings = { ...defaultSettings, method: id, methodConfig: defaultConfig ?? {} };
  if (!isSoftwareAdapter) return { defaults, notice: null };
  if (executor !== 'onnx')
    return {
      defaults: { ...defaults, baseModel: 'roberta-tiny', trainingRows: softwareAdapterRows },
      notice: `This browser computes on a software adapter (${adapter}), much slower than a graphics card. So the form opens with roberta-tiny and ${softwareAdapterRows} training rows; both can be changed.`,
    };
  if (!trial)
    return {
      defaults: { ...defaults, trainingRows: softwareAdapterRows },
      notice: `This machine’s processor computes. How many rows it trains in a few minutes is being tried; the form begins with ${softwareAdapterRows}.`,
    };
  const trainingRows = rowsFor(trial, defaults.epochs, rows);
  const perEpoch = (trainingRows ?? rows.train) + evaluationCost * rows.validation;
  const minutes = Math.ceil((defaults.epochs * perEpoch) / trial.rowsPerSecond / 60);
  return {
    defaults: { ...defaults, trainingRows },
    notice: `This machine’s processor computes: in a trial ${trial.baseModel} trained ${trial.rowsPerSecond.toPrecision(2)} rows a second. So the form opens with ${trainingRows === null ? 'all' : trainingRows} training rows, about ${minutes} minute${minutes === 1 ? '' : 's'} for ${defaults.epochs} epochs; they can be changed.`,
  };
}

/** As many as the time allows with the evaluations at the epochs' ends, in two digits; null for all. */
export function rowsFor({ rowsPerSecond }: Trial, epochs: number, rows: OpeningRows): number | null {
  const perEpoch = (openingSeconds / epochs) * rowsPerSecond - evaluationCost * rows.validation;
  if (perEpoch >= rows.train) return null;
  const whole = Math.max(perEpoch, fewestRows);
  const unit = 10 ** (Math.floor(Math.log10(whole)) - 1);
  return Math.floor(whole / unit) * unit;
}

/**
 * Reads the base model and opens a session of what the form opens with: its weights are on the executor, kernels are compiled,
 * ONNX Runtime is started. Nothing depends on it: what fails here fails again, and is told, when it is needed. On ONNX Runtime it
 * also tries how fast that is; null elsewhere, and where it is not wanted any more, since its steps block the worker.
 */
export async function warmUp(
  settings: RunSettings,
  models: BaseModels,
  keeper: BaseKeeper,
  openExecutor: OpenExecutor,
  isWanted: () => boolean,
): Promise<Trial | null> {
  try {
    const base = storedBase(
      await traced('load base model', () => models.load(settings.baseModel)),
      settings.baseStorage,
    );
    const { programs, frozen, batchForm } = buildTraining({
      model: base.config,
      method: methodById(settings.method),
      methodConfig: settings.methodConfig,
      adapterName: 'warm_up',
      head: defaultHead('warm_up', 2),
      dropout: settings.dropout,
    });
    const tokens = settings.batchSize * usualTokens;
    const largest = withVirtualTokens(batchForm, { tokens, sequences: settings.batchSize });
    const tensors = await initialize(frozen, settings.seed, (name) => baseTensor(base, name));
    const { executor } = await openExecutor();
    if (!isWanted()) return null;
    const session = await traced('open session', () =>
      keeper.open(executor, base, { programs, tensors, largest }),
    );
    try {
      if (executor.name !== 'onnx') return null;
      const seconds = await secondsPerStep(session, base, batchForm, isWanted);
      return seconds === null ? null : { baseModel: settings.baseModel, rowsPerSecond: trialRows / seconds };
    } finally {
      session.dispose();
    }
  } catch {
    // See above.
    return null;
  }
}

/** Of the second step: the first one also makes what all others use. */
async function secondsPerStep(
  session: Session,
  { tokenizer, tables, config }: LoadedBaseModel,
  form: BatchForm,
  isWanted: () => boolean,
): Promise<number | null> {
  const ids = Array.from({ length: trialRows }, () => tokenizer.encode(trialText, usualTokens));
  const rows = { ids, labels: new Uint32Array(trialRows) };
  const batch = toExecutorBatch(collateRows(rows, [...ids.keys()], { mode: 'ragged' }), tables, config, form);
  let seconds = 0;
  for (const step of [1, 2]) {
    await session.ready();
    if (!isWanted()) return null;
    const start = performance.now();
    await traced('trial step', () => session.trainStep([batch], { ...trialStep, step, microStep: step - 1 }));
    await session.takeMetrics(true);
    seconds = (performance.now() - start) / 1000;
  }
  return seconds;
}

const trialStep = {
  learningRate: 0,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  maxGradNorm: 1,
  seed: 1,
  accumulation: 'mean',
} as const;
