/**
 * The classification head in PEFT's files: whatever `…ForSequenceClassification` of the base model's kind has there, under
 * `base_model.model.` or, for prefixes and prompts, `base_model.`.
 */
import type { ModelType } from '../models/family';
import { failAdapter } from './adapterhub-checks';
import type { AdapterBundle, HeadConfig, Tensor } from './bundle';
import { headTensorName, readsPoolerOnly, sequenceClassification } from './model-classes';

export const isHeadTensor = (name: string) =>
  /^base_model\.(model\.)?(classifier|score|pre_classifier|bert\.pooler)\./.test(name);

/** Kinds of model whose head is told apart by its tensors; XLM-RoBERTa's and CamemBERT's are RoBERTa's. */
const headsInFiles = ['roberta', 'distilbert', 'bert'] as const satisfies readonly ModelType[];

/**
 * The head and, since the files do not say it, the kind of model that has such a one. Its layers are places 1 and 4 of
 * AdapterHub's head. BERT's class reads the pooler, which is saved where it was trained and the base model's where not.
 */
export function readHead(tensors: ReadonlyMap<string, Tensor>, name: string) {
  const named = (module: string, part: string) =>
    ['base_model.model', 'base_model']
      .map((model) => tensors.get(`${model}.${module}.${part}`))
      .find((tensor) => tensor !== undefined);
  const find = (module: string, part: string) =>
    named(module, part) ?? failAdapter('tensor', `The head’s tensor \`${module}.${part}\` is missing.`);
  const isOf = (modelType: ModelType) =>
    named(sequenceClassification[modelType].first, 'weight') !== undefined;
  const isBare = named('classifier', 'weight') !== undefined;
  const modelType = headsInFiles.find(isOf) ?? (isBare && !isDistilbert(tensors) ? 'bert' : null);
  if (modelType === null && isBare)
    failAdapter(
      'tensor',
      'The head’s tensor `pre_classifier.weight` is missing: PEFT keeps it only where `modules_to_save` names it, and its values were random.',
    );
  const { first, second, activation } = sequenceClassification[modelType ?? 'roberta'];
  const out = find(second, 'weight');
  const [numLabels = 0, hiddenSize = 0] = out.shape;
  const onPooler = modelType === 'bert' && !isOf('bert');
  const headTensors = new Map<string, Tensor>(
    (onPooler ? [[1, second] as const] : [[1, first] as const, [4, second] as const]).flatMap(
      ([place, module]): [string, Tensor][] => [
        [`heads.${name}.${place}.weight`, find(module, 'weight')],
        [`heads.${name}.${place}.bias`, find(module, 'bias')],
      ],
    ),
  );
  const { shape } = onPooler ? { shape: [hiddenSize, hiddenSize] } : find(first, 'weight');
  if (shape.join() !== [hiddenSize, hiddenSize].join() || numLabels < 1)
    failAdapter('tensor', `The head’s tensors have the shapes [${shape}] and [${out.shape}].`);
  const head: HeadConfig = {
    headType: 'classification',
    numLabels,
    layers: onPooler ? 1 : 2,
    activationFunction: activation,
    labels: Array.from({ length: numLabels }, (_, i) => `LABEL_${i}`),
    usePooler: onPooler,
    bias: true,
    dropoutRate: null,
  };
  return { modelType: modelType ?? ('roberta' as const), head, headTensors, hiddenSize };
}

const isDistilbert = (tensors: ReadonlyMap<string, Tensor>) =>
  [...tensors.keys()].some((name) => name.includes('.distilbert.'));

/** `modules_to_save` of a head: PEFT takes `classifier` and `score` by itself, a first layer beside them must be named. */
export function savedModules({ head, base }: Pick<AdapterBundle, 'head' | 'base'>): readonly string[] {
  const { first } = sequenceClassification[base.modelType];
  const isNamed = !readsPoolerOnly(head) && !first.startsWith('classifier.');
  return ['classifier', 'score', ...(isNamed ? [first] : [])];
}

/** The head's tensors under the names of the files; `model` is what stands before them. */
export function headInFile(
  { head, base, headTensors }: Pick<AdapterBundle, 'head' | 'base' | 'headTensors'>,
  model: 'base_model' | 'base_model.model',
): ReadonlyMap<string, Tensor> {
  return new Map(
    [...headTensors].map(([name, tensor]) => [
      `${model}.${headTensorName(name, head, base.modelType)}`,
      tensor,
    ]),
  );
}
