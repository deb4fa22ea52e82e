/** What a person chooses for a run, as plain data shared by the page, the worker, the store and the run record. */
import type { AdapterConfig } from '../adapters/config';
import type { TableSettings } from './setting-table';
import { defaultTableSettings } from './setting-values';

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
export type BaseStorage = TableSettings['baseStorage'];

/** What is no single value; the rest are rows of the table. */
interface ChosenParts {
  /** Id of a base model, e.g. `roberta-mini`. */
  readonly baseModel: string;
  /** Id of a registered method, e.g. `lora`, `seq_bn`, `head_only`. */
  readonly method: string;
  /** AdapterHub's configuration keys of the method, complete. */
  readonly methodConfig: AdapterConfig;
  /** Saved adapters to train on top of, or to fuse; null for an adapter by itself. */
  readonly composition: RunComposition | null;
  /** Id of a saved adapter to continue, or null for a new one. */
  readonly startFrom: string | null;
  /** Of a new adapter; a continued one keeps its own. */
  readonly head: HeadSettings;
}

export interface RunSettings extends ChosenParts, TableSettings {}

/**
 * Seed of the order whose first rows a limit of validation rows keeps. Not a run's own: runs on the same data are evaluated on the
 * same rows, so that their curves can be compared, and a resumed run on those it began with. Not the first rows of the file either,
 * which may be sorted by label.
 */
export const evaluationSeed = 0;

/** Run A of the reference experiment, except for what depends on the method. */
export const defaultSettings: Omit<RunSettings, 'method' | 'methodConfig'> = {
  ...defaultTableSettings,
  baseModel: 'roberta-mini',
  composition: null,
  startFrom: null,
  head: { layers: 2, activationFunction: 'tanh', bias: true, usePooler: false },
};
