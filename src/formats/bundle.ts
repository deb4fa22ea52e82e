/**
 * The adapter in the middle of every format: readers make one, writers take one. Plain data, structured-cloneable;
 * knows nothing of files, of IndexedDB or of the engine.
 */

import type { AdapterConfig } from '../adapters/config';
import type { AdapterSetup } from '../adapters/setup';
import type { ModelType } from '../models/family';
import type { TaskType } from '../task';

export type { AdapterConfig, ConfigValue } from '../adapters/config';

/** A named tensor as a format stores it: row-major float32, `shape` as torch prints it. */
export interface Tensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** AdapterHub's classification head (FORMATS: head_config.json). */
export interface HeadConfig {
  readonly headType: 'classification' | 'multilabel_classification';
  /** 1 is regression. */
  readonly numLabels: number;
  readonly layers: number;
  /** Null: none between the layers. */
  readonly activationFunction: string | null;
  /** Class names by index; emoji and all. */
  readonly labels: readonly string[];
  readonly usePooler: boolean;
  readonly bias: boolean;
  /** Null: the model's classifier dropout. */
  readonly dropoutRate: number | null;
}

/** The library tells regression by its single output. */
export function taskOf({ headType, numLabels }: Pick<HeadConfig, 'headType' | 'numLabels'>): TaskType {
  if (headType === 'multilabel_classification') return 'multilabel';
  return numLabels === 1 ? 'regression' : 'classification';
}

/** The frozen model an adapter was trained on, as far as a file can say. */
export interface BaseModelReference {
  /** `name_or_path` of the hub, e.g. `roberta-base`. */
  readonly name: string;
  readonly modelType: ModelType;
  readonly hiddenSize: number;
}

/** The saved adapters that one is composed with: below it in a stack, or fused. */
export interface ComposedAdapters {
  readonly setup: AdapterSetup;
  readonly others: readonly {
    readonly name: string;
    readonly config: AdapterConfig;
    readonly tensors: ReadonlyMap<string, Tensor>;
  }[];
  /** Configuration of the fusion layer; null in a stack. */
  readonly fusion: AdapterConfig | null;
}

export interface AdapterBundle {
  /** Occurs inside the tensor names; must not contain `.` or `,`. */
  readonly name: string;
  readonly base: BaseModelReference;
  /** AdapterHub's configuration object, keys verbatim; absent where only a head was trained. */
  readonly config: AdapterConfig | null;
  readonly head: HeadConfig;
  /** Absent for an adapter by itself. In a fusion `config` is null and `tensors` are those of the fusion layers. */
  readonly composition?: ComposedAdapters;
  /** Names as the library's, e.g. `roberta.encoder.layer.0.attention.self.query.loras.<name>.lora_A`. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** `heads.<name>.1.weight` [H, H], `.1.bias` [H], `heads.<name>.4.weight` [labels, H], `.4.bias`: see `heads/head-parameters.ts`. */
  readonly headTensors: ReadonlyMap<string, Tensor>;
}
