/** Which classes of AdapterHub and of transformers stand for a kind of base model, and how those of transformers have their head. */
import type { ModelType } from '../models/family';
import type { HeadConfig } from './bundle';

/** `model_type` and `model_class` in AdapterHub's files. */
export function adapterHubNames(modelType: ModelType): {
  readonly modelType: ModelType;
  readonly modelClass: string;
} {
  const modelClass = adapterModels[modelType];
  // adapters 1.3 has no class for CamemBERT, RoBERTa's is the same encoder under the same names.
  return modelClass === null
    ? { modelType: 'roberta', modelClass: 'RobertaAdapterModel' }
    : { modelType, modelClass };
}

const adapterModels: Readonly<Record<ModelType, string | null>> = {
  roberta: 'RobertaAdapterModel',
  'xlm-roberta': 'XLMRobertaAdapterModel',
  camembert: null,
  bert: 'BertAdapterModel',
  distilbert: 'DistilBertAdapterModel',
};

/** A head of two dense layers in `…ForSequenceClassification`: modules of the first and the second. */
export interface SequenceClassification {
  readonly className: string;
  readonly first: string;
  readonly second: string;
  readonly activation: 'tanh' | 'relu';
  /** The first layer is the encoder's own pooler. */
  readonly firstIsPooler: boolean;
}

const robertaHead = {
  first: 'classifier.dense',
  second: 'classifier.out_proj',
  activation: 'tanh',
  firstIsPooler: false,
} as const;

export const sequenceClassification: Readonly<Record<ModelType, SequenceClassification>> = {
  roberta: { className: 'RobertaForSequenceClassification', ...robertaHead },
  'xlm-roberta': { className: 'XLMRobertaForSequenceClassification', ...robertaHead },
  camembert: { className: 'CamembertForSequenceClassification', ...robertaHead },
  bert: {
    className: 'BertForSequenceClassification',
    first: 'bert.pooler.dense',
    second: 'classifier',
    activation: 'tanh',
    firstIsPooler: true,
  },
  distilbert: {
    className: 'DistilBertForSequenceClassification',
    first: 'pre_classifier',
    second: 'classifier',
    activation: 'relu',
    firstIsPooler: false,
  },
};

/** Whether AdapterHub's head is the base model's pooler and one dense layer. */
export const readsPoolerOnly = ({ layers, usePooler }: HeadConfig): boolean => usePooler && layers === 1;

/** Why a head is none of transformers'; null where it is. */
export function foreignHead(
  { layers, activationFunction, usePooler, bias }: HeadConfig,
  modelType: ModelType,
): string | null {
  const { className, activation, firstIsPooler } = sequenceClassification[modelType];
  if (!bias) return `the head has no bias, ${className}'s has one`;
  if (usePooler && layers === 1 && firstIsPooler) return null;
  if (usePooler)
    return `the head reads the pooler, ${className}'s reads ${firstIsPooler ? 'it with one layer' : 'the first token'}`;
  if (layers !== 2) return `the head has ${layers} layer${layers === 1 ? '' : 's'}, ${className}'s has two`;
  if (activationFunction !== activation)
    return `the head's activation is ${activationFunction ?? 'none'}, ${className}'s is ${activation}`;
  return null;
}

/** The name of a head's tensor in the class: places 1 and 4 of AdapterHub's head are its dense layers. */
export function headTensorName(name: string, head: HeadConfig, modelType: ModelType): string {
  const { first, second } = sequenceClassification[modelType];
  const modules: Readonly<Record<string, string>> = readsPoolerOnly(head)
    ? { '1': second }
    : { '1': first, '4': second };
  return name.replace(/^heads\.[^.]+\.(\d+)\./, (_, place: string) => `${modules[place]}.`);
}
