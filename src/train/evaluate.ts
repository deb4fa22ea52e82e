/** Runs a split through the evaluate program: mean loss over its rows, metrics, speed. */
import type { Padding } from '../data/collate';
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
  readonly onProgress?: (doneRows: number, rows: number) => void;
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
  { batchSize, padding, form, onProgress, signal }: EvaluationSettings,
): Promise<SplitEvaluation | null> {
  const rows = split.ids.length;
  const outputs = form.classes;
  const logits = new Float32Array(rows * outputs);
  let lossSum = 0;
  let steps = 0;
  const start = performance.now();
  for (let first = 0; first < rows; first += batchSize) {
    if (signal?.aborted) return null;
    const indices = Array.from({ length: Math.min(batchSize, rows - first) }, (_, i) => first + i);
    const output = await session.evaluate(
      toExecutorBatch(collateRows(split, indices, padding), tables, model, form),
    );
    lossSum += output.loss * indices.length;
    logits.set(output.logits, first * outputs);
    steps += 1;
    onProgress?.(first + indices.length, rows);
  }
  const runtimeSeconds = (performance.now() - start) / 1000;
  return {
    loss: lossSum / rows,
    rows,
    steps,
    runtimeSeconds,
    logits,
    metrics: taskMetrics(form.task, logits, split.labels, outputs),
  };
}
