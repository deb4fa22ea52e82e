/** Runs rows of a split through the evaluate program: mean loss over them, metrics, speed. */
import type { Padding } from '../data/collate';
import { targetsOfRows } from '../data/dataset';
import type { EmbeddingTables } from '../models/embedding';
import type { EncoderConfig } from '../models/hooks';
import type { Session } from '../runtime/executor';
import type { MetricValues } from '../task';
import { type BatchForm, toExecutorBatch } from './batch';
import { taskMetrics } from './metrics';
import { collateRows, type EncodedSplit } from './plan';

export interface EvaluationSettings {
  readonly batchSize: number;
  readonly padding: Padding;
  readonly form: BatchForm;
  /** Rows that are read, in this order; all of the split where it is not said. */
  readonly chosen?: readonly number[];
  readonly onProgress?: (doneRows: number) => void;
  readonly signal?: AbortSignal;
}

export interface SplitEvaluation {
  readonly loss: number;
  readonly rows: number;
  readonly steps: number;
  readonly runtimeSeconds: number;
  readonly metrics: MetricValues;
  /** [rows, outputs of the head] */
  readonly logits: Float32Array;
}

/** Null where `signal` stopped it. */
export async function evaluateSplit(
  session: Session,
  split: EncodedSplit,
  tables: EmbeddingTables,
  model: EncoderConfig,
  { batchSize, padding, form, chosen, onProgress, signal }: EvaluationSettings,
): Promise<SplitEvaluation | null> {
  const read = chosen ?? [...split.ids.keys()];
  const rows = read.length;
  const outputs = form.classes;
  const logits = new Float32Array(rows * outputs);
  let lossSum = 0;
  let steps = 0;
  const start = performance.now();
  onProgress?.(0);
  for (let first = 0; first < rows; first += batchSize) {
    if (signal?.aborted) return null;
    const indices = read.slice(first, first + batchSize);
    const output = await session.evaluate(
      toExecutorBatch(collateRows(split, indices, padding), tables, model, form),
    );
    lossSum += output.loss * indices.length;
    logits.set(output.logits, first * outputs);
    steps += 1;
    onProgress?.(first + indices.length);
  }
  const runtimeSeconds = (performance.now() - start) / 1000;
  return {
    loss: lossSum / rows,
    rows,
    steps,
    runtimeSeconds,
    logits,
    metrics: taskMetrics(form.task, logits, targetsOfRows(split.labels, split.ids.length, read), outputs),
  };
}

/** Of the rows of two evaluations of one state together, which have none in common. */
export function joinedEvaluation(
  split: EncodedSplit,
  { task, classes }: BatchForm,
  parts: readonly { readonly chosen: readonly number[]; readonly evaluation: SplitEvaluation }[],
): SplitEvaluation {
  const sum = (of: (evaluation: SplitEvaluation) => number) =>
    parts.reduce((total, { evaluation }) => total + of(evaluation), 0);
  const rows = sum((part) => part.rows);
  const logits = new Float32Array(rows * classes);
  let at = 0;
  for (const { evaluation } of parts) {
    logits.set(evaluation.logits, at);
    at += evaluation.logits.length;
  }
  const chosen = parts.flatMap((part) => part.chosen);
  return {
    loss: sum((part) => part.loss * part.rows) / rows,
    rows,
    steps: sum((part) => part.steps),
    runtimeSeconds: sum((part) => part.runtimeSeconds),
    logits,
    metrics: taskMetrics(task, logits, targetsOfRows(split.labels, split.ids.length, chosen), classes),
  };
}
