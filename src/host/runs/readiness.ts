/**
 * What is made ready for the run that the form would begin, while the person looks at it: the base model on the executor, its
 * kernels or its ONNX model, the rows as token ids. A run finds them where they are kept (`BaseKeeper`, `EncodedRows`, the
 * executor) and depends on none: what fails here fails again, and is told, when it is needed.
 */
import type { Dataset } from '../../data/dataset';
import type { RunSettings } from '../../runs/settings';
import type { Executor, Session } from '../../runtime/executor';
import { traced } from '../../trace';
import { toExecutorBatch, withVirtualTokens } from '../../train/batch';
import { collateRows } from '../../train/plan';
import type { SavedAdapters } from '../adapters/adapter-plan';
import { noTargets } from '../adapters/answers';
import { EncodedRows } from '../data/encoded-rows';
import type { OpenExecutor } from '../executors';
import type { BaseKeeper } from '../models/base-keeper';
import { type BaseModels, type LoadedBaseModel, storedBase } from '../models/base-models';
import { type BuiltRun, buildRun, rowsOf } from './run-preparation';
import { settingsOfRun, settingsOfTask } from './settings-of-run';

/** Tokens of a long sentence. */
const usualTokens = 50;

/**
 * A session's largest batch before the run's own: as many rows as tell which kernels are the fastest, and not more, whatever is
 * typed into the form.
 */
const mostRows = 32;

/** Rows in a batch of the trial, and of how many tokens: enough to tell, and little to wait for. */
const trialRows = 8;
const trialText =
  'a film of long and quiet scenes that somehow never bores , with a cast that knows what it does and a score to remember';

/** What a trial told of an executor. */
export interface Trial {
  readonly baseModel: string;
  readonly rowsPerSecond: number;
}

/** What Train would begin. */
export interface RunChoice {
  readonly settings: RunSettings;
  readonly datasetId: string;
}

export interface ReadinessParts {
  readonly models: Pick<BaseModels, 'load'>;
  readonly datasets: { get(id: string): Promise<Dataset> };
  readonly keeper: BaseKeeper;
  readonly rows: EncodedRows;
  readonly savedAdapters: (settings: RunSettings) => Promise<SavedAdapters>;
}

type WithSession = (
  session: Session,
  base: LoadedBaseModel,
  run: BuiltRun,
  executor: Executor,
) => Promise<void>;

export class Readiness {
  readonly #parts: ReadinessParts;
  #stop = new AbortController();
  #superseded = new AbortController();
  /** Ends when it has ended; never rejects. */
  #trial: Promise<unknown> = Promise.resolve();

  constructor(parts: ReadinessParts) {
    this.#parts = parts;
  }

  /** A run begins, or another executor was chosen: what is under way ends with the part that it is at. */
  stop(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  /** The latest choice counts, after the trial. Resolves when it is ready, or when there is no more use for it. */
  async make(choice: RunChoice, openExecutor: OpenExecutor): Promise<void> {
    this.#superseded.abort();
    this.#superseded = new AbortController();
    const signal = AbortSignal.any([this.#stop.signal, this.#superseded.signal]);
    await this.#trial;
    await this.#make(choice, openExecutor, signal, (session) => session.ready());
  }

  /**
   * The same for what the form opens with; on ONNX Runtime it also tries how fast that is, and resolves with it as soon as it
   * knows. Null elsewhere, and where it was stopped, since its steps block the worker.
   */
  tryOut(choice: RunChoice, openExecutor: OpenExecutor): Promise<Trial | null> {
    const { signal } = this.#stop;
    const { baseModel } = choice.settings;
    return new Promise((resolve) => {
      const attempt = this.#make(choice, openExecutor, signal, async (session, base, run, { name }) => {
        await session.ready();
        if (name !== 'onnx') return;
        const seconds = await secondsPerStep(session, base, run, signal);
        resolve({ baseModel, rowsPerSecond: trialRows / seconds });
      });
      this.#trial = attempt.then(() => resolve(null));
    });
  }

  async #make(
    { settings: shown, datasetId }: RunChoice,
    openExecutor: OpenExecutor,
    signal: AbortSignal,
    use: WithSession,
  ): Promise<void> {
    const { models, datasets, keeper, rows, savedAdapters } = this.#parts;
    try {
      signal.throwIfAborted();
      const [loaded, dataset, saved] = await Promise.all([
        traced('load base model', () => models.load(shown.baseModel)),
        datasets.get(datasetId),
        savedAdapters(shown),
      ]);
      signal.throwIfAborted();
      const settings = settingsOfTask(settingsOfRun(shown, saved.parent), dataset.task);
      const base = storedBase(loaded, settings.baseStorage);
      const run = await buildRun(settings, dataset, base, saved);
      const { executor } = await openExecutor();
      signal.throwIfAborted();
      const { programs, batchForm } = run.built;
      const sequences = Math.min(settings.batchSize, mostRows);
      const largest = withVirtualTokens(batchForm, { tokens: sequences * usualTokens, sequences });
      const session = await traced('open session', () =>
        keeper.open(executor, base, { programs, tensors: run.initial, largest }),
      );
      try {
        signal.throwIfAborted();
        await use(session, base, run, executor);
      } finally {
        session.dispose();
      }
      if (EncodedRows.keeps(dataset)) await rows.encode(rowsOf(settings, dataset, base), () => {}, signal);
    } catch {
      // See above.
    }
  }
}

/** Of the second step: the first one also makes what all others use. Throws the signal's reason. */
async function secondsPerStep(
  session: Session,
  { tokenizer, tables, config }: LoadedBaseModel,
  { built: { batchForm } }: BuiltRun,
  signal: AbortSignal,
): Promise<number> {
  const ids = Array.from({ length: trialRows }, () => tokenizer.encode(trialText, usualTokens));
  const rows = { ids, labels: noTargets(batchForm, trialRows) };
  const batch = toExecutorBatch(
    collateRows(rows, [...ids.keys()], { mode: 'ragged' }),
    tables,
    config,
    batchForm,
  );
  let seconds = 0;
  for (const step of [1, 2]) {
    await session.ready();
    signal.throwIfAborted();
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
