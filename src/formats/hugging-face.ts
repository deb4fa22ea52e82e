/**
 * A merged model as a Hugging Face folder that `AutoModelForSequenceClassification` loads: `config.json`, `model.safetensors`
 * and the tokenizer's files as they were. The head becomes that of the model's class (`model-classes.ts`), e.g.
 * RobertaForSequenceClassification's `classifier.dense` and `classifier.out_proj`, which read position 0 through tanh as
 * AdapterHub's head with two layers does.
 */
import { StudioError } from '../errors';
import { checkpointNames } from '../models/checkpoint';
import { poolerTensors } from '../models/encoder';
import { parseEncoderConfig } from '../models/encoder-config';
import { type AdapterBundle, type Tensor, taskOf } from './bundle';
import { mergeAdapter, unmergeable } from './merge';
import { foreignHead, headTensorName, readsPoolerOnly, sequenceClassification } from './model-classes';
import { type PythonValue, writePythonJson } from './python-json';
import { writeSafetensors } from './safetensors';

export interface BaseModelFiles {
  /** `config.json` of the base model. */
  readonly config: { readonly [key: string]: unknown };
  /** Every tensor of the base model under the names of its checkpoint. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** `tokenizer.json` and its companions by name, passed through. */
  readonly tokenizer: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

const problemTypes = {
  classification: 'single_label_classification',
  multilabel: 'multi_label_classification',
  regression: 'regression',
} as const;

/** Why an adapter cannot become a Hugging Face model; null where it can. */
export function mergedModelReason({
  config,
  head,
  base,
  composition,
}: Pick<AdapterBundle, 'config' | 'head' | 'base' | 'composition'>): string | null {
  if (composition) return 'it is a composition of several adapters';
  return foreignHead(head, base.modelType) ?? (config === null ? null : unmergeable(config));
}

/**
 * The folder's files by name. Throws `merge-unsupported` for a method that is no change of weights or a head that the class
 * does not have, naming what; `bad-base-weights` where the base model's tensors are not its configuration's.
 */
export function writeMergedModel(
  bundle: AdapterBundle,
  base: BaseModelFiles,
): Map<string, Uint8Array<ArrayBuffer>> {
  const reason = mergedModelReason(bundle);
  if (reason !== null)
    throw new StudioError(
      'merge-unsupported',
      `"${bundle.name}" cannot become a Hugging Face model: ${reason}.`,
      'Download the adapter itself, which keeps its head.',
    );
  const model = parseEncoderConfig(base.config);
  const { modelType } = model.family;
  // What the encoder computes with, without a masked-LM head and the like, under the names that the class has.
  const own = new Map(
    [...checkpointNames(model, base.tensors)].map(([name, inFile]) => [name, base.tensors.get(inFile)!]),
  );
  const merged =
    bundle.config === null ? new Map<string, Tensor>() : mergeAdapter(bundle, (name) => own.get(name));
  const pooler = new Set(poolerTensors(model).map(({ name }) => name));
  const encoder = [...own].filter(([name]) => readsPoolerOnly(bundle.head) || !pooler.has(name));
  const classifier = [...bundle.headTensors].map(([name, tensor]): [string, Tensor] => [
    headTensorName(name, bundle.head, modelType),
    tensor,
  ]);
  const tensors = new Map([
    ...encoder.map(([name, tensor]): [string, Tensor] => [name, merged.get(name) ?? tensor]),
    ...classifier,
  ]);
  return new Map([
    ['config.json', classifierConfig(bundle, base.config)],
    ['model.safetensors', writeSafetensors(tensors)],
    ...base.tokenizer,
  ]);
}

/** The base model's `config.json` with the class and the labels of the head; `more` joins it. */
export function classifierConfig(
  { head }: Pick<AdapterBundle, 'head'>,
  config: BaseModelFiles['config'],
  more: { readonly [key: string]: PythonValue } = {},
): Uint8Array<ArrayBuffer> {
  const { modelType } = parseEncoderConfig(config).family;
  const text = writePythonJson({
    ...(config as { readonly [key: string]: PythonValue }),
    architectures: [sequenceClassification[modelType].className],
    id2label: Object.fromEntries(head.labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(head.labels.map((label, i) => [label, i])),
    problem_type: problemTypes[taskOf(head)],
    ...more,
  });
  return new TextEncoder().encode(text);
}
