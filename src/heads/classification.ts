/**
 * AdapterHub's classification head (`adapters.heads.ClassificationHead`, `MultiLabelClassificationHead`) on the first row of
 * each sequence, or on the base model's pooler output: `layers` times dropout → dense, with the activation between them,
 * [D, D] but for the last, [labels, D].
 */
import { StudioError } from '../errors';
import type { Node } from '../graph/graph';
import { poolerTensors } from '../models/encoder';
import type { BuildContext, EncoderConfig } from '../models/hooks';
import { activate, activationFunctions, isActivationName } from '../ops/activation/activation';
import { linear } from '../ops/gemm/gemm';
import { firstRows } from '../ops/rows/rows';
import type { TaskType } from '../task';
import { denseLayers, place } from './head-parameters';

export interface ClassificationHead {
  readonly name: string;
  readonly task: TaskType;
  readonly numLabels: number;
  /** At least 1. */
  readonly layers: number;
  /** AdapterHub's name, in any case. Null: none. */
  readonly activationFunction: string | null;
  /** Read tanh(W h + b) of the base model's pooler instead of h itself. */
  readonly usePooler: boolean;
  /** Of the last dense layer. */
  readonly bias: boolean;
  /** Null: the model's classifier dropout. */
  readonly dropoutRate: number | null;
}

/** What a person may choose of a head. */
export type HeadOptions = Pick<ClassificationHead, 'layers' | 'activationFunction' | 'usePooler' | 'bias'>;

/** The head that `add_classification_head(name, num_labels=…, multilabel=…)` makes, but for `options`. */
export function defaultHead(
  name: string,
  numLabels: number,
  task: TaskType = 'classification',
  options: Partial<HeadOptions> = {},
): ClassificationHead {
  return {
    name,
    task,
    numLabels,
    layers: 2,
    activationFunction: 'tanh',
    usePooler: false,
    bias: true,
    dropoutRate: null,
    ...options,
  };
}

/** Names that `activation_function` may have. */
export const headActivations = Object.keys(activationFunctions);

/** hidden [tokens, D] → logits [sequences, labels]. */
export function buildHead(
  context: BuildContext,
  head: ClassificationHead,
  config: EncoderConfig,
  hidden: Node,
): Node {
  const { graph, layout, tokenLayout } = context;
  // The library takes an empty name for none.
  const activationFunction = head.activationFunction?.toLowerCase() || null;
  if (activationFunction !== null && !isActivationName(activationFunction)) {
    throw new StudioError(
      'unsupported-head',
      `The head's activation_function is "${activationFunction}", which the studio does not know.`,
      `Use a head with one of: ${headActivations.join(', ')}.`,
    );
  }
  const rate = head.dropoutRate ?? config.classifierDropoutRate;
  return graph.scope('head', () => {
    const first = firstRows(graph, hidden, layout, tokenLayout, 'first');
    return denseLayers(head, config.hiddenSize).reduce(
      (x, { index, out, bias, isLast }) => {
        const weight = context.parameter(place(head, index, 'weight'), [out, config.hiddenSize]);
        const biasNode = bias ? context.parameter(place(head, index, 'bias'), [out]) : undefined;
        const dropped = context.dropout(x, rate, `head.dropout.${index - 1}`);
        const y = linear(graph, dropped, weight, biasNode, `dense.${index}`);
        if (isLast || activationFunction === null) return y;
        return activate(graph, y, activationFunction, `activation.${index + 1}`);
      },
      head.usePooler ? pooled(context, config, first) : first,
    );
  });
}

function pooled(context: BuildContext, config: EncoderConfig, first: Node): Node {
  const [weight, bias] = poolerTensors(config).map(({ name, shape }) => context.base(name, shape));
  if (!weight)
    throw new StudioError(
      'unsupported-head',
      `The head reads a pooler, which models of type ${config.family.modelType} do not have.`,
      'Use a head without `use_pooler`.',
    );
  const dense = linear(context.graph, first, weight, bias, 'pooler.dense');
  return activate(context.graph, dense, 'tanh', 'pooler.tanh');
}
