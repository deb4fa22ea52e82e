/** Typed access to the fields of a configuration file; errors name the file and the field. */
import { failAdapter } from './adapterhub-checks';
import type { AdapterConfig, ConfigValue } from './bundle';

export function isObject(value: ConfigValue): value is AdapterConfig {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One JSON object. Every method but `has` throws `adapter-field` where the field is of another type. */
export class JsonObject {
  constructor(
    readonly value: AdapterConfig,
    readonly fileName: string,
  ) {}

  has(key: string): boolean {
    return Object.hasOwn(this.value, key);
  }

  /** Throws `adapter-field` where it is missing. */
  text(key: string): string {
    return this.optionalText(key) ?? this.#missing(key);
  }

  optionalText(key: string): string | undefined {
    const value = this.#get(key);
    if (value !== undefined && typeof value !== 'string') this.#wrong(key, 'a string');
    return value;
  }

  optionalCount(key: string): number | undefined {
    const value = this.#get(key);
    if (value !== undefined && !(typeof value === 'number' && Number.isSafeInteger(value) && value >= 0))
      this.#wrong(key, 'a whole number');
    return value as number | undefined;
  }

  optionalNumber(key: string): number | null {
    const value = this.#get(key) ?? null;
    if (value !== null && typeof value !== 'number') this.#wrong(key, 'a number');
    return value;
  }

  optionalFlag(key: string): boolean | undefined {
    const value = this.#get(key);
    if (value !== undefined && typeof value !== 'boolean') this.#wrong(key, 'true or false');
    return value;
  }

  optionalObject(key: string): JsonObject | undefined {
    return this.#get(key) === undefined ? undefined : this.object(key);
  }

  /** Throws `adapter-field` where it is missing. */
  object(key: string): JsonObject {
    const value = this.#get(key) ?? this.#missing(key);
    if (!isObject(value)) this.#wrong(key, 'an object');
    return new JsonObject(value, this.fileName);
  }

  /** Null counts as absent, as it does where the library reads these fields. */
  #get(key: string): ConfigValue | undefined {
    return this.has(key) ? (this.value[key] ?? undefined) : undefined;
  }

  #missing(key: string): never {
    return failAdapter('field', `${this.fileName}: the field \`${key}\` is missing.`);
  }

  #wrong(key: string, expected: string): never {
    return failAdapter('field', `${this.fileName}: the field \`${key}\` is not ${expected}.`);
  }
}

/** A configuration has a few kilobytes, most of them class names. */
const maximumJsonBytes = 2_000_000;

/** The object that a whole file holds. Throws `adapter-json` where it holds none, or is far too long to be one. */
export class JsonFile extends JsonObject {
  constructor(bytes: Uint8Array, fileName: string) {
    if (bytes.byteLength > maximumJsonBytes)
      failAdapter('json', `${fileName} has ${bytes.byteLength} bytes, too many for a configuration.`);
    let value: ConfigValue;
    try {
      value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    } catch (cause) {
      failAdapter(
        'json',
        `${fileName} is not valid JSON (${cause instanceof Error ? cause.message : cause}).`,
      );
    }
    if (!isObject(value)) failAdapter('json', `${fileName} is not a JSON object.`);
    super(value, fileName);
  }
}
