/**
 * AdapterHub's classification head (`adapters.heads.ClassificationHead`, `MultiLabelClassificationHead`) on the first row of
 * each sequence, or on the base model's pooler output: `layers` times dropout → dense, with the activation between them,
 * [D, D] but for the last, [labels, D]. Tensor names are places in that sequence: `heads.<name>.1.weight`, `.4.weight`, …
 */
import { StudioError } from '../errors';
import type { Node } from '../graph/graph';
import { poolerTensors } from '../models/encoder';
import type { BuildContext, EncoderConfig, Initializer } from '../models/hooks';
import { activate, isActivationName } from '../ops/activation/activation';
import { linear } from '../ops/gemm/gemm';
import { firstRows } from '../ops/rows/rows';

/** What the labels are: one class, any number of classes, or `numLabels` real numbers. */
export type TaskType = 'classification' | 'multilabel' | 'regression';

export interface ClassificationHead {
  readonly name: string;
  readonly task: TaskType;
  readonly numLabels: number;
  /** At least 1. */
  readonly layers: number;
  /** Null: none. */
  readonly activationFunction: string | null;
  /** Read tanh(W h + b) of the base model's pooler instead of h itself. */
  readonly usePooler: boolean;
  /** Of the last dense layer. */
  readonly bias: boolean;
  /** Null: the model's classifier dropout. */
  readonly dropoutRate: number | null;
}

/** The head that `add_classification_head(name, num_labels=…)` makes. */
export function defaultHead(
  name: string,
  numLabels: number,
  task: TaskType = 'classification',
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
  };
}

export interface HeadParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

interface DenseLayer {
  /** Place in the sequence dropout, dense, activation, dropout, dense, … */
  readonly index: number;
  readonly out: number;
  readonly bias: boolean;
  readonly isLast: boolean;
}

function denseLayers(
  { layers, numLabels, bias }: ClassificationHead,
  { hiddenSize }: EncoderConfig,
): readonly DenseLayer[] {
  return Array.from({ length: layers }, (_, i) => {
    const isLast = i === layers - 1;
    return { index: 3 * i + 1, out: isLast ? numLabels : hiddenSize, bias: isLast ? bias : true, isLast };
  });
}

const place = ({ name }: ClassificationHead, index: number, part: 'weight' | 'bias') =>
  `heads.${name}.${index}.${part}`;

/** Weights normal with `initializer_range`, biases 0 (fixtures README §5). */
export function headParameters(head: ClassificationHead, config: EncoderConfig): readonly HeadParameter[] {
  const normal: Initializer = { kind: 'normal', standardDeviation: config.initializerRange };
  const zero: Initializer = { kind: 'constant', value: 0 };
  return denseLayers(head, config).flatMap(({ index, out, bias }): HeadParameter[] => [
    { name: place(head, index, 'weight'), shape: [out, config.hiddenSize], initializer: normal },
    ...(bias ? [{ name: place(head, index, 'bias'), shape: [out], initializer: zero }] : []),
  ]);
}

/** hidden [tokens, D] → logits [sequences, labels]. */
export function buildHead(
  context: BuildContext,
  head: ClassificationHead,
  config: EncoderConfig,
  hidden: Node,
): Node {
  const { graph, layout, tokenLayout } = context;
  const { activationFunction } = head;
  if (activationFunction !== null && !isActivationName(activationFunction)) {
    throw new StudioError(
      'unsupported-head',
      `The head's activation_function is "${activationFunction}", which the studio does not know.`,
      'Use a head with activation_function "tanh".',
    );
  }
  const rate = head.dropoutRate ?? config.classifierDropoutRate;
  return graph.scope('head', () => {
    const first = firstRows(graph, hidden, layout, tokenLayout, 'first');
    return denseLayers(head, config).reduce(
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
