/** Runs a split through the evaluate program: mean loss over its rows, metrics, speed. */
import type { Padding } from '../data/collate';
import type { EmbeddingTables } from '../models/embedding';
import type { EncoderConfig } from '../models/hooks';
import type { Session } from '../runtime/executor';
import { type BatchForm, toExecutorBatch } from './batch';
import { argmax, type ClassificationMetrics, classificationMetrics } from './metrics';
import { collateRows, type EncodedSplit } from './plan';

export interface EvaluationSettings {
  readonly batchSize: number;
  readonly padding: Padding;
  readonly form: BatchForm;
  readonly labels: number;
  readonly onProgress?: (doneRows: number, rows: number) => void;
  readonly signal?: AbortSignal;
}

export interface SplitEvaluation extends ClassificationMetrics {
  readonly loss: number;
  readonly rows: number;
  readonly steps: number;
  readonly runtimeSeconds: number;
  /** [rows, labels] */
  readonly logits: Float32Array;
}

/** Null where `signal` stopped it. */
export async function evaluateSplit(
  session: Session,
  split: EncodedSplit,
  tables: EmbeddingTables,
  model: EncoderConfig,
  { batchSize, padding, form, labels, onProgress, signal }: EvaluationSettings,
): Promise<SplitEvaluation | null> {
  const rows = split.ids.length;
  const logits = new Float32Array(rows * labels);
  const predicted = new Uint32Array(rows);
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
    logits.set(output.logits, first * labels);
    steps += 1;
    onProgress?.(first + indices.length, rows);
  }
  const runtimeSeconds = (performance.now() - start) / 1000;
  for (let i = 0; i < rows; i++) predicted[i] = argmax(logits, i * labels, labels);
  return {
    loss: lossSum / rows,
    rows,
    steps,
    runtimeSeconds,
    logits,
    ...classificationMetrics(predicted, split.labels, labels),
  };
}
