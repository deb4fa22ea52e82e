/**
 * What every executor offers: it takes the programs of a run and trains them. The trainer, the tests and the benchmarks
 * see only this. Executors never look for a device; their host hands it in.
 */
import type { FrozenTensors } from '../graph/frozen';
import type { Extents, LeafNode } from '../graph/graph';
import type { ParameterLayout } from '../graph/parameters';
import type { Program } from '../graph/program';
import type { AdamWSettings } from '../optimizer/adamw';

/** The graphs of one run. Both programs share frozen leaves and parameters. */
export interface TrainingPrograms {
  /** Forward with dropout, loss, and the gradient of every parameter. Outputs `loss` [1, 1], `logits` [sequences, C]. */
  readonly train: Program;
  /** Forward without dropout. Outputs `loss` [1, 1], `logits` [sequences, C], and whatever a test wants to see. */
  readonly evaluate: Program;
  readonly parameters: ParameterLayout;
}

/** The frozen leaves that a program of the two reads, each once. */
export function frozenLeaves({ train, evaluate }: TrainingPrograms): readonly LeafNode[] {
  const frozen = [...train.leaves, ...evaluate.leaves].filter(({ kind }) => kind === 'frozen');
  return [...new Map(frozen.map((leaf) => [leaf.name, leaf])).values()];
}

/** Values of the input leaves of one micro-batch, by leaf name, row-major with this batch's rows. */
export interface ExecutorBatch extends Extents {
  readonly inputs: Readonly<Record<string, Float32Array | Uint32Array>>;
}

/** Inputs of the train program that the executor sets itself, each [1, 1]. */
export interface GradientScales {
  /** What the gradient of the loss begins with. */
  readonly lossScale: number;
  /** What the gradient of a regularisation is multiplied by: 0 in the first step, which the library leaves
   * without one, else 1 / micro-batches of the step. */
  readonly regularization: number;
}

/** Flat blocks in the order of the parameter layout. */
export interface TrainingState {
  readonly parameters: Float32Array;
  readonly exponentialAverage: Float32Array;
  readonly exponentialAverageSquared: Float32Array;
}

/** What one optimizer step needs beside its micro-batches. */
export interface StepSettings extends AdamWSettings {
  readonly seed: number;
  /** Micro-step of the step's first micro-batch; the next ones count on. */
  readonly microStep: number;
  /** The step follows the mean of its micro-batches, or their sum as AdapterHub's `AdapterTrainer` does. */
  readonly accumulation: 'mean' | 'sum';
}

/** What each micro-batch's loss and gradient are multiplied by. */
export const microBatchScale = ({ accumulation }: StepSettings, microBatches: number): number =>
  accumulation === 'sum' ? 1 : 1 / microBatches;

export interface StepMetrics {
  readonly step: number;
  /** Mean of the micro-batches' losses, their sum where the step follows that. */
  readonly loss: number;
  /** Global norm before clipping. */
  readonly gradientNorm: number;
  /** Loss or a gradient was not finite: parameters and moments were left as they were. */
  readonly skipped: boolean;
}

export interface EvaluationOutput {
  readonly loss: number;
  /** [sequences, C], row-major. */
  readonly logits: Float32Array;
  /** The program's other outputs, row-major. */
  readonly extra: Readonly<Record<string, Float32Array>>;
}

/** One run on one device. Methods are called one after the other; `trainStep` resolves before the work is done. */
export interface Session {
  /** Replaces parameters and moments. */
  writeState(state: TrainingState): void;
  /** Waits for the steps in flight. */
  readState(): Promise<TrainingState>;
  /**
   * Enqueues one optimizer step over its micro-batches. Resolves when all of it is submitted: at once on a fast
   * adapter; on a slow one the step is cut into several submits, and `signal` drops what is not submitted yet. A dropped
   * step leaves parameters and moments as they were.
   */
  trainStep(
    microBatches: readonly ExecutorBatch[],
    settings: StepSettings,
    signal?: AbortSignal,
  ): Promise<'enqueued' | 'dropped'>;
  /** Resolves when another step may be enqueued without queueing more than two. Rejects when the device is lost. */
  ready(): Promise<void>;
  /** Metrics of all steps finished since the last call, in order; `wait` waits for every step in flight. */
  takeMetrics(wait: boolean): Promise<readonly StepMetrics[]>;
  /** Waits for the steps in flight, then runs the evaluate program. */
  evaluate(batch: ExecutorBatch): Promise<EvaluationOutput>;
  /** Runs the train program's forward and backward once and returns loss and the flat gradient block; for tests. */
  gradients(
    batch: ExecutorBatch,
    scalars: { readonly seed: number; readonly microStep: number },
  ): Promise<{ readonly loss: number; readonly gradients: Float32Array }>;
  /** Which kernel variant computes which operation; empty where there is nothing to choose. */
  readonly kernelTable: Readonly<Record<string, string>>;
  /** False where a kernel table was handed in and could not be followed: the run is then not bit-exact any more. */
  readonly kernelsAsRecorded: boolean;
  /** GPU dispatches issued so far by this session. */
  readonly dispatches: number;
  /** Bytes of device memory held, the base model's weights that it reads included. */
  readonly allocatedBytes: number;
  /** Gives back what it borrowed. */
  dispose(): void;
}

/**
 * A base model's weights on an executor, for all sessions on it: the second one brings its adapter and its batches only. They
 * stay while anybody holds or borrows them.
 */
export interface HeldWeights {
  /** What they are made of. */
  readonly source: FrozenTensors;
  /** Holders, and sessions that borrow. */
  readonly count: number;
  /** A tensor is read when a session first needs it, and then stays. */
  readonly allocatedBytes: number;
  /** One holder more. */
  hold(): void;
  /** One less; with the last one the weights go. */
  release(): void;
}

export interface SessionOptions {
  readonly programs: TrainingPrograms;
  /** Values of the frozen leaves; each is read once, while the session opens. */
  readonly frozen: FrozenTensors;
  /**
   * Of this executor's `hold`: the frozen leaves that `frozen` has no tensor for. Borrowed at once, and until the session is
   * disposed.
   */
  readonly base?: HeldWeights;
  /** The largest batch that will come. */
  readonly largest: Extents;
  /** Use these kernels instead of choosing; from the run's record. */
  readonly kernelTable?: Readonly<Record<string, string>>;
  /** Pipelines compiled so far, of how many. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Whether a frozen leaf is the session's own; else it is borrowed. */
export function isOwn({ frozen, base }: Pick<SessionOptions, 'frozen' | 'base'>, name: string): boolean {
  return base === undefined || frozen.elements(name) !== undefined;
}

/** Bytes that an executor can hold; Infinity where nothing says. */
export interface MemoryLimits {
  readonly bufferBytes: number;
  readonly totalBytes: number;
}

export interface Executor {
  readonly name: 'webgpu' | 'onnx' | 'reference';
  readonly limits: MemoryLimits;
  /**
   * Weights as `source` has them, in its storage, for sessions to borrow; the caller is their first holder. Nothing is read yet.
   * Other values, and the same ones in another storage, are another hold.
   */
  hold(source: FrozenTensors): HeldWeights;
  open(options: SessionOptions): Promise<Session>;
}
