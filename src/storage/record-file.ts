/**
 * A stored value as JSON that loses nothing: whatever IndexedDB can hold, also what the studio never writes. Plain values
 * stay as they are, others are objects with a `$type`. Knows values; knows nothing of records.
 */
import { invariant } from '../errors';

/** What `JSON.stringify` writes as it is. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

type Tagged = { readonly $type: string } & { readonly [key: string]: Json };

const views: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>> = {
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
  DataView,
};

/** A value met a second time, as in a cycle, becomes `{ $type: 'same', as }`: the number of the one it is, as they are met. */
export async function encodeValue(value: unknown, met = new Map<object, number>()): Promise<Json> {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value;
    case 'number':
      return Number.isFinite(value) && !Object.is(value, -0)
        ? value
        : { $type: 'number', value: Object.is(value, -0) ? '-0' : String(value) };
    case 'undefined':
      return { $type: 'undefined' };
    case 'bigint':
      return { $type: 'bigint', value: String(value) };
    case 'object':
      return value === null ? null : encodeObject(value, met);
    default:
      return { $type: 'unknown', name: typeof value };
  }
}

async function encodeObject(value: object, met: Map<object, number>): Promise<Json> {
  const as = met.get(value);
  if (as !== undefined) return { $type: 'same', as };
  met.set(value, met.size);
  const each = async (values: Iterable<unknown>) => {
    const encoded: Json[] = [];
    for (const item of values) encoded.push(await encodeValue(item, met));
    return encoded;
  };
  if (Array.isArray(value)) {
    const isPlain = Object.keys(value).length === value.length;
    return isPlain ? each(value) : { $type: 'Array', length: value.length, entries: await pairs(value, met) };
  }
  if (value instanceof Map) return { $type: 'Map', entries: await each([...value].flat()) };
  if (value instanceof Set) return { $type: 'Set', values: await each(value) };
  if (value instanceof Date) return { $type: 'Date', value: await encodeValue(value.getTime()) };
  if (value instanceof RegExp) return { $type: 'RegExp', source: value.source, flags: value.flags };
  if (value instanceof Error) return { $type: 'Error', name: value.name, message: value.message };
  if (value instanceof ArrayBuffer) return { $type: 'ArrayBuffer', base64: toBase64(new Uint8Array(value)) };
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return { $type: nameOf(value), base64: toBase64(new Uint8Array(buffer, byteOffset, byteLength)) };
  }
  if (value instanceof Blob) {
    const bytes = { type: value.type, base64: toBase64(new Uint8Array(await value.arrayBuffer())) };
    return value instanceof File
      ? { $type: 'File', name: value.name, lastModified: value.lastModified, ...bytes }
      : { $type: 'Blob', ...bytes };
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) return { $type: 'unknown', name: nameOf(value) };
  const entries = await pairs(value, met);
  // JSON's readers take neither name as an entry like others.
  return Object.hasOwn(value, '$type') || Object.hasOwn(value, '__proto__')
    ? { $type: 'Object', entries }
    : Object.fromEntries(entries as [string, Json][]);
}

const nameOf = (value: object) => Object.prototype.toString.call(value).slice(8, -1);

async function pairs(value: object, met: Map<object, number>): Promise<readonly (readonly [string, Json])[]> {
  const entries: (readonly [string, Json])[] = [];
  for (const [key, item] of Object.entries(value)) entries.push([key, await encodeValue(item, met)]);
  return entries;
}

/** The value that was encoded. Throws for what no encoding has. */
export function decodeValue(json: Json, met: unknown[] = []): unknown {
  if (typeof json !== 'object' || json === null) return json;
  if (isTagged(json)) return decodeTagged(json, met);
  if (Array.isArray(json)) {
    const list: unknown[] = [];
    met.push(list);
    for (const item of json) list.push(decodeValue(item, met));
    return list;
  }
  return withEntries({}, Object.entries(json), met);
}

const isTagged = (json: object): json is Tagged => '$type' in json;

function decodeTagged(json: Tagged, met: unknown[]): unknown {
  const keep = <T>(value: T): T => {
    met.push(value);
    return value;
  };
  switch (json.$type) {
    case 'number':
      return Number(json.value);
    case 'undefined':
      return undefined;
    case 'bigint':
      return BigInt(json.value as string);
    case 'same':
      return met[json.as as number];
    case 'Array':
      return withEntries(new Array(json.length as number), json.entries as [string, Json][], met);
    case 'Object':
      return withEntries({}, json.entries as [string, Json][], met);
    case 'Map': {
      const map = keep(new Map<unknown, unknown>());
      const flat = (json.entries as Json[]).map((item) => decodeValue(item, met));
      for (let i = 0; i < flat.length; i += 2) map.set(flat[i], flat[i + 1]);
      return map;
    }
    case 'Set': {
      const set = keep(new Set<unknown>());
      for (const item of json.values as Json[]) set.add(decodeValue(item, met));
      return set;
    }
    case 'Date':
      return keep(new Date(decodeValue(json.value as Json) as number));
    case 'RegExp':
      return keep(new RegExp(json.source as string, json.flags as string));
    case 'Error':
      return keep(Object.assign(new Error(json.message as string), { name: json.name }));
    case 'Blob':
      return keep(new Blob([fromBase64(json.base64 as string)], { type: json.type as string }));
    case 'File': {
      const { name, type, lastModified } = json as Tagged & {
        name: string;
        type: string;
        lastModified: number;
      };
      return keep(new File([fromBase64(json.base64 as string)], name, { type, lastModified }));
    }
    case 'ArrayBuffer':
      return keep(fromBase64(json.base64 as string).buffer);
  }
  const View = views[json.$type];
  invariant(View, `no value is written as ${json.$type}`);
  return keep(new View(fromBase64(json.base64 as string).buffer));
}

function withEntries<T extends object>(
  target: T,
  entries: readonly (readonly [string, Json])[],
  met: unknown[],
): T {
  met.push(target);
  for (const [key, item] of entries)
    Object.defineProperty(target, key, {
      value: decodeValue(item, met),
      configurable: true,
      enumerable: true,
      writable: true,
    });
  return target;
}

/** In pieces: `String.fromCharCode` takes its bytes as arguments, whose number is limited. */
function toBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let at = 0; at < bytes.byteLength; at += 32_768)
    binary += String.fromCharCode(...bytes.subarray(at, at + 32_768));
  return btoa(binary);
}

const fromBase64 = (base64: string) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
