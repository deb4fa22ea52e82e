/**
 * Parameters of the base model that the Trainer's FLOPs formula counts: everything outside the embedding tables, as
 * `num_parameters(exclude_embeddings=True)` of `RobertaAdapterModel` does. The pooler is counted even though the
 * classification head does not use it: the library always makes one.
 */
import type { RobertaConfig } from './hooks';
import { frozenTensors } from './roberta';

const size = (shape: readonly number[]) => shape.reduce((product, n) => product * n, 1);

/** `maskedLmHead`: the checkpoint has one (`lm_head.*`), which the library then keeps beside the new head. */
export function parametersWithoutEmbeddings(
  config: RobertaConfig,
  options: { readonly maskedLmHead: boolean },
): number {
  const { hiddenSize: D, vocabSize } = config;
  const encoder = frozenTensors(config).reduce((sum, { shape }) => sum + size(shape), 0);
  const pooler = D * D + D;
  // dense [D, D] with bias, LayerNorm, one bias a token; the decoder's weight is the embedding table.
  const maskedLm = options.maskedLmHead ? D * D + D + 2 * D + vocabSize : 0;
  return encoder + pooler + maskedLm;
}

/** All of the base model's numbers, embedding tables included, pooler and LM head not. */
export function baseParameterCount(config: RobertaConfig): number {
  const { hiddenSize: D, vocabSize, maxPositionEmbeddings } = config;
  const encoder = frozenTensors(config).reduce((sum, { shape }) => sum + size(shape), 0);
  return encoder + D * (vocabSize + maxPositionEmbeddings + 1);
}
