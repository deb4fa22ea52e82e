/**
 * AdapterHub's adapter configuration as a file holds it: keys verbatim. Readers of single keys that say what is wrong
 * with a value they cannot use.
 */
import { StudioError } from '../errors';

export type ConfigValue =
  | string
  | number
  | boolean
  | null
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** `config` of adapter_config.json. */
export type AdapterConfig = { readonly [key: string]: ConfigValue };

/** The configuration asks for something this studio cannot compute; names the key and the values it can. */
export function unsupported(
  method: string,
  key: string,
  value: ConfigValue | undefined,
  supported: string,
): StudioError {
  return new StudioError(
    'unsupported-config',
    `The ${method} configuration has ${key} = ${JSON.stringify(value ?? null)}, which the studio cannot train yet.`,
    `Use ${key} = ${supported}.`,
  );
}

/** Throws unless `config[key]` is one of `supported` (compared as JSON); a missing key counts as the first. */
export function requireValue(
  method: string,
  config: AdapterConfig,
  key: string,
  ...supported: ConfigValue[]
): void {
  const value = config[key] ?? supported[0] ?? null;
  const known = supported.map((s) => JSON.stringify(s));
  if (!known.includes(JSON.stringify(value))) throw unsupported(method, key, value, known.join(' or '));
}

export function readInteger(
  method: string,
  config: AdapterConfig,
  key: string,
  fallback: number,
  minimum = 1,
): number {
  const value = config[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < minimum) {
    throw unsupported(method, key, value, `a whole number, at least ${minimum}`);
  }
  return value;
}

/** A dropout rate: 0 ≤ value < 1. */
export function readRate(method: string, config: AdapterConfig, key: string): number {
  const value = config[key] ?? 0;
  if (typeof value !== 'number' || !(value >= 0 && value < 1))
    throw unsupported(method, key, value, 'a rate from 0 up to, not including, 1');
  return value;
}

export function readBoolean(method: string, config: AdapterConfig, key: string, fallback: boolean): boolean {
  const value = config[key] ?? fallback;
  if (typeof value !== 'boolean') throw unsupported(method, key, value, 'true or false');
  return value;
}

export function readList<T extends string | number>(
  method: string,
  config: AdapterConfig,
  key: string,
  fallback: readonly T[],
): readonly T[] {
  const value = config[key] ?? fallback;
  if (!Array.isArray(value)) throw unsupported(method, key, value, 'a list');
  return value as readonly T[];
}

export function readNumber(method: string, config: AdapterConfig, key: string, fallback: number): number {
  const value = config[key] ?? fallback;
  if (typeof value !== 'number' || !Number.isFinite(value)) throw unsupported(method, key, value, 'a number');
  return value;
}
