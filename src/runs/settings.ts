/**
 * What a person chooses for a run, as plain data shared by the page, the worker, the store and the run record.
 * One place for the defaults: the reference experiment's run A.
 */
import type { AdapterConfig } from '../adapters/config';

export type ExecutorName = 'webgpu' | 'onnx' | 'reference';

/** What a person asks for: one executor, or whichever is the faster here. */
export type ExecutorChoice = 'automatic' | ExecutorName;

export const executorChoices: readonly { readonly value: ExecutorChoice; readonly label: string }[] = [
  { value: 'automatic', label: 'Automatic' },
  { value: 'webgpu', label: 'WebGPU' },
  { value: 'onnx', label: 'ONNX Runtime' },
];

/** AdapterHub's compositions that train: their saved adapters are frozen. */
export type RunComposition =
  /** A new adapter of the method on top of saved ones. */
  | { readonly type: 'Stack'; readonly adapterIds: readonly string[] }
  /** AdapterFusion: attention over the saved adapters, which must be bottlenecks. */
  | { readonly type: 'Fuse'; readonly adapterIds: readonly string[]; readonly fusion: 'dynamic' | 'static' };

/** In words: the method, or the composition that it is trained in. `others` counts the saved adapters. */
export function describeMethodIn(
  method: string,
  composed: { readonly type: RunComposition['type']; readonly others: number } | undefined,
): string {
  if (!composed) return method;
  const others = `${composed.others} saved adapter${composed.others === 1 ? '' : 's'}`;
  return composed.type === 'Fuse' ? `fusion of ${others}` : `${method} stacked on ${others}`;
}

export const composedIn = ({ composition }: Pick<RunSettings, 'composition'>) =>
  composition ? { type: composition.type, others: composition.adapterIds.length } : undefined;

/** Options of AdapterHub's `ClassificationHead` and `MultiLabelClassificationHead`. */
export interface HeadSettings {
  /** 1 to 4. */
  readonly layers: number;
  /** Between the layers; null for none. */
  readonly activationFunction: string | null;
  /** Of the last layer. */
  readonly bias: boolean;
  /** Read the base model's pooler; only where its checkpoint brings one. */
  readonly usePooler: boolean;
}

/**
 * How the base model's weight matrices are stored in graphics memory: as exactly as the checkpoint has them (16 bits where
 * it is F16), or in a format of one's choice.
 */
export type BaseStorage = 'checkpoint' | 'f32' | 'f16' | 'int8';

export interface RunSettings {
  /** Id of an embedded base model, e.g. `roberta-mini`. */
  readonly baseModel: string;
  /** Id of a registered method, e.g. `lora`, `seq_bn`, `head_only`. */
  readonly method: string;
  /** AdapterHub's configuration keys of the method, complete. */
  readonly methodConfig: AdapterConfig;
  /** Saved adapters to train on top of, or to fuse; null for an adapter by itself. */
  readonly composition: RunComposition | null;
  /** Id of a saved adapter to continue, or null for a new one. */
  readonly startFrom: string | null;
  readonly learningRate: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly maxLength: number;
  readonly seed: number;
  /** Only the first so many rows of the seeded order are trained on; null means all. */
  readonly trainingRows: number | null;
  readonly weightDecay: number;
  readonly warmupSteps: number;
  readonly scheduler: 'linear' | 'constant' | 'cosine';
  /** Gradients are scaled down to this global norm; 0 switches clipping off. */
  readonly maxGradNorm: number;
  readonly gradientAccumulationSteps: number;
  readonly padding: 'ragged' | 'longest' | 'max_length';
  readonly dropout: boolean;
  /** Of a new adapter; a continued one keeps its own. */
  readonly head: HeadSettings;
  /** ε of torch's `CrossEntropyLoss(label_smoothing=ε)`. Of classes only. */
  readonly labelSmoothing: number;
  /** `balanced` weighs each class by rows / (classes · its rows). Of classes only. */
  readonly classWeights: 'none' | 'balanced';
  /** A step follows the mean of its accumulated batches, or their sum as AdapterHub's `AdapterTrainer` does. */
  readonly accumulationMode: 'mean' | 'sum';
  /** Evaluate every so many steps as well as at each epoch's end; 0 means epochs only. */
  readonly evaluateEverySteps: number;
  readonly evaluationBatchSize: number;
  readonly baseStorage: BaseStorage;
  /** Gradient checkpointing: layers are computed again in the backward pass instead of being kept. */
  readonly recompute: boolean;
}

/** Run A of the reference experiment, except for what depends on the method. */
export const defaultSettings: Omit<RunSettings, 'method' | 'methodConfig'> = {
  baseModel: 'roberta-mini',
  composition: null,
  startFrom: null,
  learningRate: 1e-4,
  epochs: 6,
  batchSize: 32,
  maxLength: 80,
  seed: 42,
  trainingRows: null,
  weightDecay: 0,
  warmupSteps: 0,
  scheduler: 'linear',
  maxGradNorm: 1,
  gradientAccumulationSteps: 1,
  padding: 'ragged',
  dropout: true,
  head: { layers: 2, activationFunction: 'tanh', bias: true, usePooler: false },
  labelSmoothing: 0,
  classWeights: 'none',
  accumulationMode: 'mean',
  evaluateEverySteps: 0,
  evaluationBatchSize: 32,
  baseStorage: 'checkpoint',
  recompute: false,
};
