/**
 * `total_flos` as the Hugging Face Trainer reports it (`floating_point_ops`, Kaplan et al. 2020, arXiv:2001.08361):
 * 6 × entries of input_ids, padding included × parameters outside the embedding tables.
 */

import { baseTensors } from '../models/encoder';
import type { EncoderConfig } from '../models/hooks';
import { parametersWithoutEmbeddings } from '../models/parameter-count';
import type { BuiltTraining } from './programs';

export function totalFlos(inputEntries: number, parameters: number): number {
  return 6 * inputEntries * parameters;
}

/** Adapter tensors that are an `nn.Embedding` in the library, and LoReFT's base, which is no parameter there. */
const uncounted = /\.wte\.weight$|\.prompt_embedding\.weight$|\.parametrizations\.weight\.0\.base$/;

/**
 * `num_parameters(exclude_embeddings=True)` of the library's model: encoder, pooler, heads and adapters, whether they train or
 * not. `maskedLmHead`: the checkpoint has one, which the library keeps beside the new head.
 */
export function countedParameters(
  model: EncoderConfig,
  { trainable, frozen }: Pick<BuiltTraining, 'trainable' | 'frozen'>,
  options: { readonly maskedLmHead: boolean },
): number {
  const ofBase = new Set(baseTensors(model).map(({ name }) => name));
  const own = [...trainable, ...frozen].filter(({ name }) => !ofBase.has(name) && !uncounted.test(name));
  const sizes = own.map(({ shape }) => shape.reduce((product, n) => product * n, 1));
  return parametersWithoutEmbeddings(model, options) + sizes.reduce((sum, size) => sum + size, 0);
}
