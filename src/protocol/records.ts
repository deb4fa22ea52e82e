/**
 * What the studio keeps: runs, adapters, checkpoints, as plain structured-cloneable data. The store reads and writes
 * them, the worker fills them, the page shows them. `version` is the schema version of the record's own kind.
 */
import type { NumberRange, Targets } from '../data/dataset';
import type { AdapterBundle, BaseModelReference } from '../formats/bundle';
import type { MetricValues, TaskType } from '../task';
import type { BaseStorage, ExecutorName, RunSettings } from './settings';

export type RunStatus = 'training' | 'paused' | 'interrupted' | 'finished' | 'stopped' | 'failed';

/** Append-only columns of one metric; the arrays have equal length. */
interface MetricSeries {
  readonly step: number[];
  readonly value: number[];
}

/** Loss and the figures of the task: of classes the accuracy, of several labels micro F1, and so on. */
interface Evaluation extends MetricValues {
  readonly loss: number;
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
}

export interface EvaluationResults extends Evaluation {
  readonly split: 'train' | 'validation' | 'test';
  readonly rows: number;
  readonly runtimeSeconds: number;
  readonly samplesPerSecond: number;
  readonly stepsPerSecond: number;
  /** That the base model's weights are not those that the adapter was made on; null if they are. */
  readonly warning: string | null;
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

export interface RunRecord {
  readonly version: 2;
  readonly id: string;
  /** Memorable name, e.g. `amber-heron-3`. */
  readonly name: string;
  readonly createdAt: number;
  readonly status: RunStatus;
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
  readonly elapsedSeconds: number;
  readonly trainLoss: MetricSeries;
  readonly gradientNorm: MetricSeries;
  readonly learningRate: MetricSeries;
  readonly evaluations: readonly EvaluationPoint[];
  /** Steps skipped because loss or gradients were not finite. */
  readonly skippedSteps: number;
  readonly results: RunResults | null;
  readonly adapterId: string | null;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

export interface AdapterRecord {
  readonly version: 2;
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  readonly runId: string | null;
  readonly parentId: string | null;
  /** Id of the base model in this browser; `base` tells which weights it had. */
  readonly baseModel: string;
  /** What the base model was rounded to when it trained. */
  readonly baseStorage: BaseStorage;
  readonly base: BaseIdentity;
  readonly method: string;
  readonly datasetId: string;
  readonly datasetName: string;
  /** Absent for an adapter by itself: how many saved ones it is stacked on or fuses. */
  readonly composed?: { readonly type: 'Stack' | 'Fuse'; readonly others: number };
  /** Name of the file or folder it came from; absent for one that was trained or averaged here. */
  readonly importedFrom?: string;
  readonly maxLength: number;
  /** Numbers that train, the head's included. */
  readonly parameterCount: number;
  /** What its file holds, tensors that never train included. */
  readonly sizeBytes: number;
  /** sha-256 over the tensors' names and bytes, hex. */
  readonly sha256: string;
  readonly evaluation: Evaluation | null;
  readonly bundle: AdapterBundle;
}

/** Everything that a resumed run needs to go on bit for bit. */
export interface CheckpointRecord {
  readonly version: 1;
  readonly runId: string;
  readonly step: number;
  readonly savedAt: number;
  /** Flat blocks in the order of the run's parameter layout. */
  readonly parameters: Float32Array;
  readonly exponentialAverage: Float32Array;
  readonly exponentialAverageSquared: Float32Array;
  /** Run record as of this step: its series end exactly here. */
  readonly run: RunRecord;
  readonly sha256: string;
}

interface DatasetHead {
  readonly version: 3;
  readonly id: string;
  readonly name: string;
  readonly task: TaskType;
  readonly fingerprint: string;
  readonly labelNames: readonly string[];
}

/**
 * A data set that was dropped on the page, kept so that runs on it can be resumed and repeated: all but its rows, which are in
 * files (`storage/dataset-files.ts`). Written last, in one transaction, once they are on the disk.
 */
export interface DatasetRecord extends DatasetHead {
  readonly createdAt: number;
  readonly rows: { readonly train: number; readonly validation: number; readonly test: number | null };
  /** Rows of the training split by label index; null for numbers. */
  readonly labelCounts: readonly number[] | null;
  /** Of the training split's numbers; null for classes and labels. */
  readonly range: NumberRange | null;
  readonly preview: readonly { readonly text: string; readonly label: string }[];
  /** Rows that its file had where it is a sample of them; null where it has all. */
  readonly sampledFrom: number | null;
  readonly files: {
    readonly folder: string;
    readonly textBytes: number;
    readonly indexBytes: number;
    /** Of the index, hex. */
    readonly indexSha256: string;
  };
}

/** As versions 1 and 2 were: with all rows in the record. It becomes the other kind when its rows are moved to files. */
export interface InlineDatasetRecord extends DatasetHead {
  readonly inline: {
    readonly [split in 'train' | 'validation' | 'test']?: {
      readonly texts: readonly string[];
      readonly labels: Targets;
    };
  };
}

/** A file of a base model as it is kept. */
export interface ModelFileRecord {
  /** Within the model's folder, e.g. `model.safetensors`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
}

/** Where a base model came from. */
export type ModelOrigin =
  /** `commit` is null where the server names none: then `revision` is all that is known. */
  | {
      readonly kind: 'hub';
      readonly endpoint: string;
      readonly repo: string;
      readonly revision: string;
      readonly commit: string | null;
    }
  | { readonly kind: 'disk'; readonly folder: string };

/** A base model that is kept in this browser whole: written last, in one transaction, once all its files are checked. */
export interface ModelRecord {
  readonly version: 1;
  readonly id: string;
  /** As Python's `from_pretrained` takes it, e.g. `roberta-base`; of a dropped folder its name. */
  readonly name: string;
  readonly origin: ModelOrigin;
  readonly storedAt: number;
  readonly files: readonly ModelFileRecord[];
  /** sha-256 of the weights, hex; of several shards, of their sha-256s in the order of their names. */
  readonly fingerprint: string;
  readonly modelType: BaseModelReference['modelType'];
  readonly layers: number;
  readonly hiddenSize: number;
  readonly parameterCount: number;
  /** Its checkpoint brings a pooler, which heads may read. */
  readonly hasPooler: boolean;
}

/** A download that has not ended: what is there goes on by ranges, also after a reload. */
export interface DownloadRecord {
  readonly version: 1;
  /** Of the model that it will be. */
  readonly id: string;
  readonly origin: Extract<ModelOrigin, { kind: 'hub' }>;
  readonly startedAt: number;
  readonly files: readonly {
    readonly path: string;
    readonly sizeBytes: number;
    /** Null where the hub names none. */
    readonly sha256: string | null;
    /** That the bytes came with; before the first of them the one that the server named, null if it named none. */
    readonly etag: string | null;
  }[];
}

/** Something stored that this studio cannot read: left as it is until the person deletes it. */
export interface SetAsideRecord {
  /** The first of `keys`. */
  readonly key: string;
  /** What is downloaded and deleted together, as far as it is there: an adapter has two records, a run its checkpoints. */
  readonly keys: readonly string[];
  readonly kind: 'run' | 'adapter' | 'checkpoint' | 'dataset' | 'setting' | 'model' | 'download';
  /** What it calls itself, as far as that can be read. */
  readonly name: string | null;
  /** Why it cannot be read, in words. */
  readonly reason: string;
  /** About. */
  readonly sizeBytes: number;
}
