/** What a torch pickle can be made of, as plain data; nothing of it can be called. */

export interface StorageReference {
  readonly kind: 'storage';
  /** e.g. `FloatStorage`. */
  readonly type: string;
  /** The entry `data/<key>`. */
  readonly key: string;
  readonly elements: number;
}

/** A view of a storage; offset and strides in elements. */
export interface TensorReference {
  readonly kind: 'tensor';
  readonly storage: StorageReference;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

export interface Global {
  readonly kind: 'global';
  readonly module: string;
  readonly name: string;
}

/** A dict or an OrderedDict; an attribute dict set by BUILD is dropped. */
export interface Dict {
  readonly kind: 'dict';
  readonly items: Map<Value, Value>;
}

interface Tuple {
  readonly kind: 'tuple';
  readonly values: readonly Value[];
}

interface List {
  readonly kind: 'list';
  readonly values: Value[];
}

export type Structure = Global | Dict | Tuple | List | StorageReference | TensorReference;
export type Value = string | number | boolean | null | Structure;
export type OfKind<K extends Structure['kind']> = Extract<Structure, { kind: K }>;

export const storageTypes = new Set([
  'FloatStorage',
  'HalfStorage',
  'BFloat16Storage',
  'DoubleStorage',
  'LongStorage',
  'IntStorage',
  'ShortStorage',
  'CharStorage',
  'ByteStorage',
  'BoolStorage',
]);

export function isKind<K extends Structure['kind']>(value: Value | undefined, kind: K): value is OfKind<K> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

export function isCount(value: Value | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

/** The value in words, for a message. */
export function nameOf(value: Value): string {
  if (typeof value === 'string') return `the string "${short(value)}"`;
  if (typeof value !== 'object' || value === null) return `the value ${value}`;
  return value.kind === 'global' ? `\`${value.module}.${value.name}\`` : `a ${value.kind}`;
}

/** At most 80 characters, for a message. */
export function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
