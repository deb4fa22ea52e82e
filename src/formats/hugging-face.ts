/**
 * A merged model as a Hugging Face folder that `AutoModelForSequenceClassification` loads: `config.json`, `model.safetensors`
 * and the tokenizer's files as they were. The head becomes RobertaForSequenceClassification's: `classifier.dense` and
 * `classifier.out_proj`, which read position 0 through tanh as AdapterHub's head with two layers does.
 */
import { StudioError } from '../errors';
import { type AdapterBundle, type HeadConfig, type Tensor, taskOf } from './bundle';
import { mergeAdapter, unmergeable } from './merge';
import { type PythonValue, writePythonJson } from './python-json';
import { writeSafetensors } from './safetensors';

export interface BaseModelFiles {
  /** `config.json` of the base model. */
  readonly config: { readonly [key: string]: unknown };
  /** Every tensor of the base model, with `roberta.` before the names. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** `tokenizer.json` and its companions by name, passed through. */
  readonly tokenizer: ReadonlyMap<string, Uint8Array<ArrayBuffer>>;
}

/** Why a head is none of RobertaForSequenceClassification's; null where it is. */
function foreignHead({ layers, activationFunction, usePooler, bias }: HeadConfig): string | null {
  if (layers !== 2)
    return `the head has ${layers} layer${layers === 1 ? '' : 's'}, RobertaForSequenceClassification's has two`;
  if (activationFunction !== 'tanh')
    return `the head's activation is ${activationFunction ?? 'none'}, there it is tanh`;
  if (usePooler) return 'the head reads the pooler, there it reads the first token';
  return bias ? null : 'the head has no bias, there it has one';
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
  composition,
}: Pick<AdapterBundle, 'config' | 'head' | 'composition'>): string | null {
  if (composition) return 'it is a composition of several adapters';
  return foreignHead(head) ?? (config === null ? null : unmergeable(config));
}

/**
 * The folder's files by name. Throws `merge-unsupported` for a method that is no change of weights or a head that the class
 * does not have, naming what.
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
  const merged =
    bundle.config === null
      ? new Map<string, Tensor>()
      : mergeAdapter(bundle, (name) => base.tensors.get(name));
  const encoder = [...base.tensors].filter(
    // A model for sequence classification has no masked-LM head and no pooler.
    ([name]) =>
      name.startsWith('roberta.') && !name.startsWith('roberta.pooler.') && !name.endsWith('.position_ids'),
  );
  const classifier = [...bundle.headTensors].map(([name, tensor]): [string, Tensor] => [
    name
      .replace(/^heads\.[^.]+\.1\./, 'classifier.dense.')
      .replace(/^heads\.[^.]+\.4\./, 'classifier.out_proj.'),
    tensor,
  ]);
  const tensors = new Map([
    ...encoder.map(([name, tensor]): [string, Tensor] => [name, merged.get(name) ?? tensor]),
    ...classifier,
  ]);
  const { labels } = bundle.head;
  const config = writePythonJson({
    ...(base.config as { readonly [key: string]: PythonValue }),
    architectures: ['RobertaForSequenceClassification'],
    id2label: Object.fromEntries(labels.map((label, i) => [String(i), label])),
    label2id: Object.fromEntries(labels.map((label, i) => [label, i])),
    problem_type: problemTypes[taskOf(bundle.head)],
  });
  return new Map([
    ['config.json', new TextEncoder().encode(config)],
    ['model.safetensors', writeSafetensors(tensors)],
    ...base.tokenizer,
  ]);
}
