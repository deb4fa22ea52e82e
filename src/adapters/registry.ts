/** The adapter methods of the studio, in the order of the form. Registering one enrols it in tests, form and files. */
import { StudioError } from '../errors';
import type { AdapterConfig } from './config';
import type { AdapterMethod } from './method';
import { adapterPlus } from './methods/adapter-plus';
import { bitfit } from './methods/bitfit';
import { compacter } from './methods/compacter';
import { compacterPlusPlus } from './methods/compacter-plus-plus';
import { direft } from './methods/direft';
import { dora } from './methods/dora';
import { doubleSeqBn } from './methods/double-seq-bn';
import { doubleSeqBnInv } from './methods/double-seq-bn-inv';
import { dvora } from './methods/dvora';
import { full } from './methods/full';
import { headOnly } from './methods/head-only';
import { ia3 } from './methods/ia3';
import { lora } from './methods/lora';
import { loraFa } from './methods/lora-fa';
import { loreft } from './methods/loreft';
import { mam } from './methods/mam';
import { mtlLora } from './methods/mtl-lora';
import { noreft } from './methods/noreft';
import { parBn } from './methods/par-bn';
import { peftMethods } from './methods/peft-methods';
import { prefixTuning } from './methods/prefix-tuning';
import { prefixTuningFlat } from './methods/prefix-tuning-flat';
import { promptTuning } from './methods/prompt-tuning';
import { scaledParBn } from './methods/scaled-par-bn';
import { seqBn } from './methods/seq-bn';
import { seqBnInv } from './methods/seq-bn-inv';
import { union } from './methods/union';
import { unipelt } from './methods/unipelt';
import { vera } from './methods/vera';

/** Where several match a file's configuration, the first one is its method. */
export const adapterMethods: readonly AdapterMethod[] = [
  lora,
  loraFa,
  dora,
  ia3,
  vera,
  dvora,
  mtlLora,
  seqBn,
  doubleSeqBn,
  parBn,
  scaledParBn,
  adapterPlus,
  compacter,
  compacterPlusPlus,
  seqBnInv,
  doubleSeqBnInv,
  prefixTuning,
  prefixTuningFlat,
  promptTuning,
  loreft,
  noreft,
  direft,
  mam,
  unipelt,
  union,
  headOnly,
  bitfit,
  full,
];

/** Throws `StudioError` `unknown-method` for an id that is not registered. */
export function methodById(id: string): AdapterMethod {
  const method = [...adapterMethods, ...peftMethods].find((m) => m.id === id);
  if (!method) {
    const known = adapterMethods.map((m) => m.id).join(', ');
    throw new StudioError(
      'unknown-method',
      `There is no adapter method "${id}".`,
      `Choose one of: ${known}.`,
    );
  }
  return method;
}

/** The method that a configuration of a file describes; null means that only the head trains. */
export function methodOfConfig(config: AdapterConfig | null): AdapterMethod {
  if (config === null) return headOnly;
  const method = [...adapterMethods, ...peftMethods].find((m) => m.matches(config));
  if (!method) {
    throw new StudioError(
      'unknown-method',
      `The adapter's architecture is ${JSON.stringify(config.architecture ?? null)}, which the studio does not know.`,
      'Adapters of the methods in the form can be used.',
    );
  }
  return method;
}
