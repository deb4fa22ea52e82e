/**
 * Parameters of the base model that the Trainer's FLOPs formula counts: everything outside the embedding tables, as
 * `num_parameters(exclude_embeddings=True)` of the library's models does. The pooler is counted even though the
 * classification head does not use it: the library always makes one where the family has one.
 */

import { type BaseTensor, baseTensors, frozenTensors, poolerTensors } from './encoder';
import type { EncoderConfig } from './hooks';

const total = (tensors: readonly BaseTensor[]) =>
  tensors.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0);

/** `maskedLmHead`: the library keeps the checkpoint's (`lm_head.*`, `cls.predictions.*`, `vocab_*`) beside the new head. */
export function parametersWithoutEmbeddings(
  config: EncoderConfig,
  options: { readonly maskedLmHead: boolean },
): number {
  const { hiddenSize: D, vocabSize } = config;
  const encoder = total([...frozenTensors(config), ...poolerTensors(config)]);
  // dense [D, D] with bias, LayerNorm, one bias a token; the decoder's weight is the embedding table.
  const maskedLm = options.maskedLmHead ? D * D + D + 2 * D + vocabSize : 0;
  return encoder + maskedLm;
}

/** All of the base model's numbers, embedding tables included, pooler and LM head not. */
export function baseParameterCount(config: EncoderConfig): number {
  return total(baseTensors(config));
}
