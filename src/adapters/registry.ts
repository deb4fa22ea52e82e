/** The adapter methods of the studio, in the order of the form. Registering one enrols it in tests, form and files. */
import { StudioError } from '../errors';
import { adapterPlus } from './adapter-plus';
import { bitfit } from './bitfit';
import { compacter } from './compacter';
import { compacterPlusPlus } from './compacter-plus-plus';
import type { AdapterConfig } from './config';
import { direft } from './direft';
import { dora } from './dora';
import { doubleSeqBn } from './double-seq-bn';
import { doubleSeqBnInv } from './double-seq-bn-inv';
import { dvora } from './dvora';
import { full } from './full';
import { headOnly } from './head-only';
import { ia3 } from './ia3';
import { lora } from './lora';
import { loraFa } from './lora-fa';
import { loreft } from './loreft';
import { mam } from './mam';
import type { AdapterMethod } from './method';
import { mtlLora } from './mtl-lora';
import { noreft } from './noreft';
import { parBn } from './par-bn';
import { peftMethods } from './peft-methods';
import { prefixTuning } from './prefix-tuning';
import { prefixTuningFlat } from './prefix-tuning-flat';
import { promptTuning } from './prompt-tuning';
import { scaledParBn } from './scaled-par-bn';
import { seqBn } from './seq-bn';
import { seqBnInv } from './seq-bn-inv';
import { union } from './union';
import { unipelt } from './unipelt';
import { vera } from './vera';

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
