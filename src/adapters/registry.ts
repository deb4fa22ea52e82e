/** The adapter methods of the studio, in the order of the form. Registering one enrols it in tests, form and files. */
import { StudioError } from '../errors';
import type { AdapterConfig } from './config';
import { headOnly } from './head-only';
import { lora } from './lora';
import type { AdapterMethod } from './method';
import { seqBn } from './seq-bn';

export const adapterMethods: readonly AdapterMethod[] = [lora, seqBn, headOnly];

/** Throws `StudioError` `unknown-method` for an id that is not registered. */
export function methodById(id: string): AdapterMethod {
  const method = adapterMethods.find((m) => m.id === id);
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
  const method = adapterMethods.find((m) => m.matches(config));
  if (!method) {
    throw new StudioError(
      'unknown-method',
      `The adapter's architecture is ${JSON.stringify(config.architecture)}, which the studio does not know.`,
      'Adapters of the methods in the form can be used.',
    );
  }
  return method;
}
