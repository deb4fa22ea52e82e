/**
 * AdapterHub's classification head on the first token's state (`adapters.heads.ClassificationHead`): with two layers
 * dropout → dense [D, D] → tanh → dropout → dense [labels, D], with one dropout → dense [labels, D].
 * Tensor names are places in that sequence: `heads.<name>.1.weight`, `heads.<name>.4.weight`.
 */
import { StudioError } from '../errors';
import type { Node } from '../graph/graph';
import type { BuildContext, Initializer, RobertaConfig } from '../models/hooks';
import { activate, isActivationName } from '../ops/activation/activation';
import { linear } from '../ops/gemm/gemm';
import { firstRows } from '../ops/rows/rows';

export interface ClassificationHead {
  readonly name: string;
  readonly numLabels: number;
  readonly layers: 1 | 2;
  readonly activationFunction: string;
  readonly bias: boolean;
}

export interface HeadParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

const place = ({ name }: ClassificationHead, index: number, part: 'weight' | 'bias') =>
  `heads.${name}.${index}.${part}`;

/** Weights normal with `initializer_range`, biases 0 (fixtures README §5). */
export function headParameters(head: ClassificationHead, config: RobertaConfig): readonly HeadParameter[] {
  const normal: Initializer = { kind: 'normal', standardDeviation: config.initializerRange };
  const zero: Initializer = { kind: 'constant', value: 0 };
  const dense = (index: number, out: number, bias: boolean): HeadParameter[] => [
    { name: place(head, index, 'weight'), shape: [out, config.hiddenSize], initializer: normal },
    ...(bias ? [{ name: place(head, index, 'bias'), shape: [out], initializer: zero }] : []),
  ];
  const last = head.layers === 1 ? 1 : 4;
  return [
    ...(head.layers === 2 ? dense(1, config.hiddenSize, true) : []),
    ...dense(last, head.numLabels, head.bias),
  ];
}

/** hidden [tokens, D] → logits [sequences, labels]. */
export function buildHead(
  context: BuildContext,
  head: ClassificationHead,
  config: RobertaConfig,
  hidden: Node,
): Node {
  const { graph, layout, tokenLayout } = context;
  const { activationFunction } = head;
  if (!isActivationName(activationFunction)) {
    throw new StudioError(
      'unsupported-head',
      `The head's activation_function is "${activationFunction}", which the studio does not know.`,
      'Use a head with activation_function "tanh".',
    );
  }
  return graph.scope('head', () => {
    let x = context.dropout(
      firstRows(graph, hidden, layout, tokenLayout, 'first'),
      config.classifierDropoutRate,
      'head.dropout.0',
    );
    const dense = (index: number, out: number, bias: boolean) => {
      const weight = context.parameter(place(head, index, 'weight'), [out, config.hiddenSize]);
      return linear(
        graph,
        x,
        weight,
        bias ? context.parameter(place(head, index, 'bias'), [out]) : undefined,
        `dense.${index}`,
      );
    };
    if (head.layers === 1) return dense(1, head.numLabels, head.bias);
    x = activate(graph, dense(1, config.hiddenSize, true), activationFunction, 'activation');
    x = context.dropout(x, config.classifierDropoutRate, 'head.dropout.3');
    return dense(4, head.numLabels, head.bias);
  });
}
