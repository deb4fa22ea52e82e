/** What a torch pickle can be made of, as plain data; nothing of it can be called. */
import type { FloatDtype } from './dtypes';

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
  readonly isOrdered: boolean;
  readonly items: Map<string, Value>;
}

/** Kept apart from integers: Python takes no float for a size, however whole it is. */
interface Float {
  readonly kind: 'float';
  readonly value: number;
}

interface Tuple {
  readonly kind: 'tuple';
  readonly values: readonly Value[];
}

interface List {
  readonly kind: 'list';
  readonly values: Value[];
}

export type Structure = Global | Dict | Float | Tuple | List | StorageReference | TensorReference;
export type Value = string | number | boolean | null | Structure;
export type OfKind<K extends Structure['kind']> = Extract<Structure, { kind: K }>;

/** Bytes per element of every storage type that is read, and the dtype of those that are floats. */
export const storageTypes: ReadonlyMap<string, { bytes: number; dtype?: FloatDtype }> = new Map([
  ['FloatStorage', { bytes: 4, dtype: 'F32' }],
  ['HalfStorage', { bytes: 2, dtype: 'F16' }],
  ['BFloat16Storage', { bytes: 2, dtype: 'BF16' }],
  ['DoubleStorage', { bytes: 8, dtype: 'F64' }],
  ['LongStorage', { bytes: 8 }],
  ['IntStorage', { bytes: 4 }],
  ['ShortStorage', { bytes: 2 }],
  ['CharStorage', { bytes: 1 }],
  ['ByteStorage', { bytes: 1 }],
  ['BoolStorage', { bytes: 1 }],
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
  if (value.kind === 'float') return `the value ${value.value}`;
  return value.kind === 'global' ? `\`${value.module}.${value.name}\`` : `a ${value.kind}`;
}

/** At most 80 characters, for a message. */
export function short(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
