/**
 * The tensors of AdapterHub's classification head. Their names are places in the sequence dropout, dense, activation, dropout,
 * dense, …: `heads.<name>.1.weight`, `.4.weight`; a head without an activation has no place for it: `.1.weight`,
 * `.3.weight`. Builds no graph, so that formats can use it.
 */
import type { EncoderConfig, Initializer } from '../models/hooks';
import type { ClassificationHead } from './classification';

export interface HeadParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
}

export interface DenseLayer {
  /** Place in the sequence dropout, dense, activation, dropout, dense, … */
  readonly index: number;
  readonly out: number;
  readonly bias: boolean;
  readonly isLast: boolean;
}

/** What decides on the tensors of a head. */
type HeadShape = Pick<ClassificationHead, 'name' | 'layers' | 'numLabels' | 'bias' | 'activationFunction'>;

/** The dense layers of a head in their order. */
export function denseLayers(
  { layers, numLabels, bias, activationFunction }: HeadShape,
  hiddenSize: number,
): readonly DenseLayer[] {
  const placesPerLayer = activationFunction ? 3 : 2;
  return Array.from({ length: layers }, (_, i) => {
    const isLast = i === layers - 1;
    return {
      index: placesPerLayer * i + 1,
      out: isLast ? numLabels : hiddenSize,
      bias: isLast ? bias : true,
      isLast,
    };
  });
}

/** Name of a tensor of the head. */
export const place = ({ name }: HeadShape, index: number, part: 'weight' | 'bias') =>
  `heads.${name}.${index}.${part}`;

/** Weights normal with `initializer_range`, biases 0 (fixtures README §5). */
export function headParameters(
  head: HeadShape,
  { hiddenSize, initializerRange }: Pick<EncoderConfig, 'hiddenSize' | 'initializerRange'>,
): readonly HeadParameter[] {
  const normal: Initializer = { kind: 'normal', standardDeviation: initializerRange };
  const zero: Initializer = { kind: 'constant', value: 0 };
  return denseLayers(head, hiddenSize).flatMap(({ index, out, bias }): HeadParameter[] => [
    { name: place(head, index, 'weight'), shape: [out, hiddenSize], initializer: normal },
    ...(bias ? [{ name: place(head, index, 'bias'), shape: [out], initializer: zero }] : []),
  ]);
}
