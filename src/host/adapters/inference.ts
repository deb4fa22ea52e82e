/** Predict and Evaluate on stored adapters. Keeps the session of the adapter used last. */

import type { Dataset, Split, Targets } from '../../data/dataset';
import { StudioError } from '../../errors';
import type { AdapterBundle } from '../../formats/bundle';
import type { AdapterRecord, EvaluationResults } from '../../protocol/records';
import type { Prediction } from '../../protocol/types';
import type { BaseIdentity } from '../../runs/record';
import type { Session } from '../../runtime/executor';
import { type BatchForm, toExecutorBatch, withVirtualTokens } from '../../train/batch';
import { evaluateSplit, type SplitEvaluation } from '../../train/evaluate';
import { collateRows } from '../../train/plan';
import { encodeSplit } from '../data/encoded-rows';
import type { OpenExecutor, OpenedExecutor } from '../executors';
import { baseIdFor, otherBaseWarning } from '../models/base-identity';
import type { BaseKeeper } from '../models/base-keeper';
import { type BaseModels, type LoadedBaseModel, storedBase } from '../models/base-models';
import type { ModelLibrary } from '../models/model-library';
import { hasGenericLabels, headOf, requireSameTask } from '../runs/run-preparation';
import { buildPlan, isGated, planOfBundle, tensorsOfBundle } from './adapter-plan';
import { noTargets, openToAnswer, predictionOf } from './answers';

const batchSize = 32;

interface OpenAdapter {
  readonly adapterId: string;
  readonly device: OpenedExecutor;
  readonly session: Session;
  readonly base: LoadedBaseModel;
  readonly maxLength: number;
  readonly form: BatchForm;
}

export class Inference {
  readonly #models: BaseModels;
  readonly #library: ModelLibrary;
  readonly #keeper: BaseKeeper;
  readonly #openExecutor: OpenExecutor;
  #open: OpenAdapter | null = null;
  /** Commands take turns: a session is for one caller at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(models: BaseModels, library: ModelLibrary, keeper: BaseKeeper, openExecutor: OpenExecutor) {
    this.#models = models;
    this.#library = library;
    this.#keeper = keeper;
    this.#openExecutor = openExecutor;
  }

  /** The base model of the adapter used last may be gone: it is read again when it is asked for. */
  forget(): void {
    void this.#inTurn(async () => {
      this.#open?.session.dispose();
      this.#open = null;
    });
  }

  predict(adapter: AdapterRecord, text: string): Promise<Prediction> {
    return this.#inTurn(async () => {
      if (text.trim() === '')
        throw new StudioError('empty-text', 'There is no text to classify.', 'Type a sentence.');
      const { session, base, maxLength, form } = await this.#sessionOf(adapter);
      const whole = base.tokenizer.encode(text, Number.MAX_SAFE_INTEGER).length;
      const split = { ids: [base.tokenizer.encode(text, maxLength)], labels: noTargets(form, 1) };
      const { logits } = await session.evaluate(
        toExecutorBatch(collateRows(split, [0], { mode: 'ragged' }), base.tables, base.config, form),
      );
      return predictionOf(adapter, base, form, logits, { tokens: split.ids[0]!.length, whole });
    });
  }

  /** Metrics of a split of any data whose labels the adapter knows. */
  async evaluate(
    adapter: AdapterRecord,
    dataset: Dataset,
    name: EvaluationResults['split'],
  ): Promise<EvaluationResults> {
    const { evaluation, identity } = await this.evaluateRows(adapter, dataset, name);
    const { loss, metrics, rows, steps, runtimeSeconds } = evaluation;
    const seconds = Math.max(runtimeSeconds, 1e-9);
    const speed = { runtimeSeconds, samplesPerSecond: rows / seconds, stepsPerSecond: steps / seconds };
    const warning = otherBaseWarning(adapter, identity);
    return { split: name, rows, loss, ...metrics, ...speed, warning };
  }

  /** The same with token ids, labels and logits of every row. Throws the signal's reason where it ended it. */
  evaluateRows(
    adapter: AdapterRecord,
    dataset: Dataset,
    name: EvaluationResults['split'],
    signal: AbortSignal | null = null,
  ): Promise<{
    readonly evaluation: SplitEvaluation;
    readonly ids: readonly Uint32Array[];
    /** In the order of the adapter's own. */
    readonly labels: Targets;
    readonly identity: BaseIdentity;
  }> {
    return this.#inTurn(async () => {
      signal?.throwIfAborted();
      const split = dataset.splits[name];
      if (!split) {
        throw new StudioError(
          'no-such-split',
          `The data set ${dataset.name} has no ${name} split.`,
          'Choose another split.',
        );
      }
      const labels = labelsForHead(adapter.bundle, dataset, split);
      const { session, base, maxLength, form } = await this.#sessionOf(adapter);
      const encoded = await encodeSplit(base.tokenizer, split, maxLength);
      const result = await evaluateSplit(session, { ids: encoded.ids, labels }, base.tables, base.config, {
        batchSize,
        padding: { mode: isGated(planOfBundle(adapter.bundle)) ? 'longest' : 'ragged' },
        form,
        ...(signal && { signal }),
      });
      signal?.throwIfAborted();
      if (!result) throw new Error('an evaluation that nobody can stop was stopped');
      return { evaluation: result, ids: encoded.ids, labels, identity: base.identity };
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work, work);
    this.#turn = result.catch(() => {});
    return result;
  }

  async #sessionOf(adapter: AdapterRecord): Promise<OpenAdapter> {
    const device = await this.#openExecutor();
    if (this.#open?.adapterId === adapter.id && this.#open.device.executor === device.executor)
      return this.#open;
    this.#open?.session.dispose();
    this.#open = null;
    const id = baseIdFor(adapter, await this.#library.list());
    const base = storedBase(await this.#models.load(id), adapter.baseStorage);
    const { bundle, maxLength } = adapter;
    const built = buildPlan(planOfBundle(bundle), {
      model: base.config,
      head: headOf(bundle),
      dropout: false,
    });
    const form = built.batchForm;
    const largest = withVirtualTokens(form, { tokens: batchSize * maxLength, sequences: batchSize });
    const session = await openToAnswer(
      this.#keeper,
      device.executor,
      built,
      base,
      tensorsOfBundle(bundle),
      largest,
    );
    this.#open = { adapterId: adapter.id, device, session, base, maxLength, form };
    return this.#open;
  }
}

/**
 * The split's labels in the order of the adapter's own, of which the data may lack some. Throws `task-differs`, or
 * `labels-differ` for a label that the adapter does not know.
 */
function labelsForHead(bundle: AdapterBundle, dataset: Dataset, { labels }: Split): Targets {
  requireSameTask(bundle, dataset);
  const { task, labelNames } = dataset;
  if (task === 'regression') return labels;
  const theirs = bundle.head.labels;
  const generic = hasGenericLabels(theirs) && theirs.length === labelNames.length;
  const places = labelNames.map((label, i) => (generic ? i : theirs.indexOf(label)));
  const unknown = labelNames.find((_, i) => places[i] === -1);
  if (unknown !== undefined)
    throw new StudioError(
      'labels-differ',
      `The adapter ${task === 'classification' ? 'tells apart' : 'knows'} ${theirs.join(', ')}; the data set also has "${unknown}".`,
      'Evaluate on data with the labels it was trained on.',
    );
  if (task === 'classification') return labels.map((label) => places[label]!);
  const placed = new Float32Array((labels.length / labelNames.length) * theirs.length);
  labels.forEach((value, at) => {
    const [row, label] = [Math.floor(at / labelNames.length), at % labelNames.length];
    placed[row * theirs.length + places[label]!] = value;
  });
  return placed;
}
