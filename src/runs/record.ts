/**
 * A run as it is kept, but for its series: plain structured-cloneable data. The host writes it, the store keeps it, the page shows
 * it. `version` is the schema version of the record.
 */
import type { MetricValues, TaskType } from '../task';
import type { RunStatus } from './life';
import { type LossSum, noLosses, noPoints, type SeriesLengths } from './series';
import type { ExecutorName, RunSettings } from './settings';
import { noOtherTimes, type OtherTimes } from './times';

/** Loss and the figures of the task: of classes the accuracy, of several labels micro F1, and so on. */
export interface Evaluation extends MetricValues {
  readonly loss: number;
  /** Validation rows that it is of, where it is not of all of them. */
  readonly rows?: number;
}

export interface EvaluationPoint extends Evaluation {
  readonly step: number;
  readonly epoch: number;
}

/** What the reference run prints at its end, and the split it was evaluated on. */
export interface RunResults {
  readonly globalStep: number;
  /** Mean of the loss over all steps. */
  readonly trainLoss: number;
  readonly trainRuntimeSeconds: number;
  readonly trainSamplesPerSecond: number;
  readonly trainStepsPerSecond: number;
  /** Hugging Face's formula: 6 × input_ids entries × parameters outside the embedding tables. */
  readonly totalFlos: number;
  readonly evalLoss: number;
  readonly evalMetrics: MetricValues;
  /** Validation rows that the evaluation is of; absent in older records, where it is of all of them. */
  readonly evalRows?: number;
  /**
   * The task's first figure for the best constant answer to those rows: the share of the majority class, micro F1 of the labels
   * that are best given to all, the mean absolute error of the median. Absent in older records.
   */
  readonly evalBaseline?: number;
}

/** Which executor really ran, and on what. */
export interface ExecutorInfo {
  readonly executor: ExecutorName;
  /** e.g. `google swiftshader` or `apple m2`; `wasm, 2 threads (measured)`; for the reference executor `float64 loops`. */
  readonly adapter: string;
  /** The processor computes, not a graphics card. */
  readonly isSoftwareAdapter: boolean;
  /** Of ONNX Runtime; the other executors are the studio's own. */
  readonly runtime?: {
    readonly version: string;
    readonly backend: string;
    readonly threads: number;
    /** What `threads` was chosen by, where it was measured: the speed with so many, to that with one. */
    readonly speeds?: readonly { readonly threads: number; readonly speed: number }[];
  };
}

/** e.g. `WebGPU`, `ONNX Runtime 1.30.0`. */
export function executorTitle({ executor, runtime }: Pick<ExecutorInfo, 'executor' | 'runtime'>): string {
  if (executor === 'onnx') return runtime ? `ONNX Runtime ${runtime.version}` : 'ONNX Runtime';
  return executor === 'webgpu' ? 'WebGPU' : 'Reference';
}

/** e.g. `WebGPU on google swiftshader`, `ONNX Runtime 1.30.0 on wasm, 2 threads (measured)`. */
export const computedOn = (info: ExecutorInfo): string => `${executorTitle(info)} on ${info.adapter}`;

/** Of the same kind on the same thing, however its threads were chosen. */
export function isSameExecutor(a: ExecutorInfo, b: ExecutorInfo): boolean {
  if (a.executor !== b.executor) return false;
  if (!a.runtime || !b.runtime) return a.adapter === b.adapter;
  return (['version', 'backend', 'threads'] as const).every((key) => a.runtime![key] === b.runtime![key]);
}

/** The same of a run, which several may have computed: `WebGPU on apple m2, from step 9 ONNX Runtime 1.30.0 on wasm, 1 thread`. */
export function runComputedOn({ executor, parts }: Pick<RunRecord, 'executor' | 'parts'>): string {
  if (!parts) return computedOn(executor);
  const words = parts.map((part) =>
    part.afterStep === 0
      ? computedOn(part.executor)
      : `from step ${part.afterStep + 1} ${computedOn(part.executor)}`,
  );
  return words.join(', ');
}

/** Which base model it was, wherever it is kept. */
export interface BaseIdentity {
  /** As Python's `from_pretrained` takes it, e.g. `roberta-base`. */
  readonly name: string;
  /** Commit on the hub; null for an embedded model, or one from a folder. */
  readonly revision: string | null;
  /** sha-256 of the weights, hex; empty where it is not known: before a run has read it, or in records of version 1. */
  readonly fingerprint: string;
}

/** Of a run that was resumed on another executor, or on the same one with other threads. */
interface ExecutorPart {
  /** Steps that others had made before. */
  readonly afterStep: number;
  readonly executor: ExecutorInfo;
}

/** What a person says of a run. What is left out was never said. */
export interface RunAbout {
  /** Memorable at first, e.g. `amber-heron-3`. */
  readonly name: string;
  readonly tags?: readonly string[];
  readonly notes?: string;
  /** Put away: not in the list unless it is asked for. */
  readonly archived?: boolean;
}

/** As a run says it now. */
export function aboutOf({ name, tags, notes, archived }: RunAbout): RunAbout {
  return {
    name,
    ...(tags !== undefined && { tags }),
    ...(notes !== undefined && { notes }),
    ...(archived !== undefined && { archived }),
  };
}

export interface RunRecord extends RunAbout {
  readonly version: 3;
  readonly id: string;
  readonly createdAt: number;
  readonly status: RunStatus;
  /** Among the runs that wait, while it waits (`queue.ts`). */
  readonly place?: number;
  readonly settings: RunSettings;
  readonly dataset: {
    readonly id: string;
    readonly name: string;
    readonly fingerprint: string;
    readonly task: TaskType;
    readonly labels: readonly string[];
    readonly trainRows: number;
    readonly validationRows: number;
  };
  readonly base: BaseIdentity;
  /** The present one, or the last. */
  readonly executor: ExecutorInfo;
  /** Who computed what, in order; absent where one executor computed all of it. */
  readonly parts?: readonly ExecutorPart[];
  /** GPU dispatches issued so far; proof that the kernels ran. 0 on the reference executor. */
  readonly dispatches: number;
  /** Chosen kernel variant by operation key, or what ONNX Runtime it was; resume uses it without choosing again. */
  readonly kernelTable: Readonly<Record<string, string>>;
  /** False once a resume had to use other kernels than the record names, or another executor. */
  readonly bitExact: boolean;
  readonly step: number;
  readonly totalSteps: number;
  readonly trainableParameters: number;
  /** Of the training steps, which speeds are told of. */
  readonly elapsedSeconds: number;
  /** Of everything else (`times.ts`); absent where an older studio began the run, which did not keep it. */
  readonly otherSeconds?: OtherTimes;
  /** How long its series are, which are kept apart from it (`series.ts`). */
  readonly series: SeriesLengths;
  readonly losses: LossSum;
  readonly lastEvaluation: EvaluationPoint | null;
  /** Steps skipped because loss or gradients were not finite. */
  readonly skippedSteps: number;
  readonly results: RunResults | null;
  readonly adapterId: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

/** What steps add to. */
export const beforeFirstStep = {
  dispatches: 0,
  bitExact: true,
  step: 0,
  elapsedSeconds: 0,
  otherSeconds: noOtherTimes,
  series: noPoints,
  losses: noLosses,
  lastEvaluation: null,
  skippedSteps: 0,
} satisfies Partial<RunRecord>;

/** The run as it was before its first step: nobody computed any of it. */
export function withoutSteps({ parts: _, ...run }: RunRecord): RunRecord {
  return { ...run, ...beforeFirstStep };
}
