/**
 * What builds the graph of each method, by the method's id. What a method is besides (its form, defaults, name of a file) is
 * plain data in `../registry.ts`, which the page may know; a test holds both to the same ids.
 */
import { invariant } from '../../errors';
import type { EncoderConfig } from '../../models/hooks';
import type { AdapterConfig } from '../config';
import type { MethodDescription } from '../method';
import { allParts, biasParts, noParts } from './base-tensors';
import { loraFaParts } from './lora-fa';
import type { AdapterParts } from './parts';
import { partsOfConfig } from './parts-of-config';

type MethodBuilder = (config: AdapterConfig, model: EncoderConfig, adapterName: string) => AdapterParts;

/** Most methods are settings of an architecture. */
export const methodBuilders: Readonly<Record<string, MethodBuilder>> = {
  lora: partsOfConfig,
  lora_fa: loraFaParts,
  dora: partsOfConfig,
  ia3: partsOfConfig,
  vera: partsOfConfig,
  dvora: partsOfConfig,
  mtl_lora: partsOfConfig,
  seq_bn: partsOfConfig,
  double_seq_bn: partsOfConfig,
  par_bn: partsOfConfig,
  scaled_par_bn: partsOfConfig,
  adapter_plus: partsOfConfig,
  compacter: partsOfConfig,
  'compacter++': partsOfConfig,
  seq_bn_inv: partsOfConfig,
  double_seq_bn_inv: partsOfConfig,
  prefix_tuning: partsOfConfig,
  prefix_tuning_flat: partsOfConfig,
  prompt_tuning: partsOfConfig,
  loreft: partsOfConfig,
  noreft: partsOfConfig,
  direft: partsOfConfig,
  mam: partsOfConfig,
  unipelt: partsOfConfig,
  union: partsOfConfig,
  head_only: noParts,
  bitfit: biasParts,
  full: allParts,
  peft_lora: partsOfConfig,
  peft_dora: partsOfConfig,
  peft_ia3: partsOfConfig,
  peft_vera: partsOfConfig,
  peft_prefix: partsOfConfig,
  peft_prompt: partsOfConfig,
};

/** Throws `StudioError` `unsupported-config` naming the key that it cannot train. */
export function buildMethod(
  { id }: Pick<MethodDescription, 'id'>,
  config: AdapterConfig,
  model: EncoderConfig,
  adapterName: string,
): AdapterParts {
  const build = methodBuilders[id];
  invariant(build, `builders: none for the method ${id}`);
  return build(config, model, adapterName);
}
