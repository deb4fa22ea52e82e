/** Predict and Evaluate on stored adapters. Keeps the session of the adapter used last. */

import type { Dataset } from '../data/dataset';
import { StudioError } from '../errors';
import { packParameters } from '../graph/parameters';
import type { Program } from '../graph/program';
import { withTensors } from '../models/base-weights';
import type { AdapterRecord, EvaluationResults } from '../protocol/records';
import type { Prediction } from '../protocol/types';
import type { Session } from '../runtime/executor';
import { type BatchForm, toExecutorBatch, withVirtualTokens } from '../train/batch';
import { evaluateSplit, type SplitEvaluation } from '../train/evaluate';
import { softmax } from '../train/metrics';
import { collateRows } from '../train/plan';
import { buildPlan, isGated, planOfBundle, tensorsOfBundle } from './adapter-plan';
import type { BaseModels, LoadedBaseModel } from './base-models';
import type { OpenExecutor, OpenedExecutor } from './executors';
import { encodeSplit, hasGenericLabels, headOf } from './run-preparation';

const batchSize = 32;
/** In the place of a train program where only answers are wanted. */
export const nothingToTrain: Program = { nodes: [], leaves: [], outputs: {}, gradients: new Map() };

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
  readonly #openExecutor: OpenExecutor;
  #open: OpenAdapter | null = null;
  /** Commands take turns: a session is for one caller at a time. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(models: BaseModels, openExecutor: OpenExecutor) {
    this.#models = models;
    this.#openExecutor = openExecutor;
  }

  predict(adapter: AdapterRecord, text: string): Promise<Prediction> {
    return this.#inTurn(async () => {
      if (text.trim() === '')
        throw new StudioError('empty-text', 'There is no text to classify.', 'Type a sentence.');
      const { session, base, maxLength, form } = await this.#sessionOf(adapter);
      const whole = base.tokenizer.encode(text, Number.MAX_SAFE_INTEGER).length;
      const split = { ids: [base.tokenizer.encode(text, maxLength)], labels: Uint32Array.of(0) };
      const { logits } = await session.evaluate(
        toExecutorBatch(collateRows(split, [0], { mode: 'ragged' }), base.tables, base.config, form),
      );
      const scores = softmax(logits);
      const { labels } = adapter.bundle.head;
      return {
        labels: labels.map((label, i) => ({ label, score: scores[i]! })),
        tokens: split.ids[0]!.length,
        truncated: whole > maxLength,
      };
    });
  }

  /** Metrics of a split of any data whose labels the adapter knows. */
  async evaluate(
    adapter: AdapterRecord,
    dataset: Dataset,
    name: EvaluationResults['split'],
  ): Promise<EvaluationResults> {
    const { evaluation } = await this.evaluateRows(adapter, dataset, name);
    const { loss, accuracy, macroF1, rows, steps, runtimeSeconds } = evaluation;
    const seconds = Math.max(runtimeSeconds, 1e-9);
    const speed = { runtimeSeconds, samplesPerSecond: rows / seconds, stepsPerSecond: steps / seconds };
    return { split: name, rows, loss, accuracy, macroF1, ...speed };
  }

  /** The same with token ids and logits of every row. */
  evaluateRows(
    adapter: AdapterRecord,
    dataset: Dataset,
    name: EvaluationResults['split'],
  ): Promise<{ readonly evaluation: SplitEvaluation; readonly ids: readonly Uint32Array[] }> {
    return this.#inTurn(async () => {
      const split = dataset.splits[name];
      if (!split) {
        throw new StudioError(
          'no-such-split',
          `The data set ${dataset.name} has no ${name} split.`,
          'Choose another split.',
        );
      }
      const { labels } = adapter.bundle.head;
      const generic = hasGenericLabels(labels) && labels.length === dataset.labelNames.length;
      const places = dataset.labelNames.map((label, i) => (generic ? i : labels.indexOf(label)));
      const unknown = dataset.labelNames.find((_, i) => places[i] === -1);
      if (unknown !== undefined) {
        throw new StudioError(
          'labels-differ',
          `The adapter tells apart ${labels.join(', ')}; the data set also has "${unknown}".`,
          'Evaluate on data with the labels it was trained on.',
        );
      }
      const { session, base, maxLength, form } = await this.#sessionOf(adapter);
      const encoded = await encodeSplit(base.tokenizer, split, maxLength, () => {});
      const gold = { ids: encoded.ids, labels: encoded.labels.map((label) => places[label]!) };
      const result = await evaluateSplit(session, gold, base.tables, base.config, {
        batchSize,
        padding: { mode: isGated(planOfBundle(adapter.bundle)) ? 'longest' : 'ragged' },
        form,
        labels: labels.length,
      });
      if (!result) throw new Error('an evaluation that nobody can stop was stopped');
      return { evaluation: result, ids: encoded.ids };
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
    const base = await this.#models.load(adapter.baseModel);
    const { bundle, maxLength } = adapter;
    const head = headOf(bundle);
    const plan = planOfBundle(bundle);
    const { programs, batchForm: form } = buildPlan(plan, { model: base.config, head, dropout: false });
    const tensors = tensorsOfBundle(bundle);
    const session = await device.executor.open({
      programs: { ...programs, train: nothingToTrain },
      frozen: withTensors(base.frozen, tensors),
      largest: withVirtualTokens(form, { tokens: batchSize * maxLength, sequences: batchSize }),
    });
    const { parameters } = programs;
    const zeros = new Float32Array(parameters.totalFloats);
    const values = packParameters(parameters, tensors);
    session.writeState({ parameters: values, exponentialAverage: zeros, exponentialAverageSquared: zeros });
    this.#open = { adapterId: adapter.id, device, session, base, maxLength, form };
    return this.#open;
  }
}
