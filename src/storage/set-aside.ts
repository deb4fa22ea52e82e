/**
 * Records that could not be read: which, why, and what stands under which keys with them. They are left as they are; the
 * person may take them away as files and delete them. Knows keys; the store does the reading.
 */
import { StudioError } from '../errors';
import type { SetAsideRecord } from '../protocol/records';
import { checkpointKeys } from './checkpoint-keys';
import type { RecordKind } from './schemas';
import { seriesPrefix } from './series-keys';

interface Noted {
  readonly reason: string;
  readonly name: string | null;
  readonly sizeBytes: number;
}

export class SetAside {
  readonly #noted = new Map<string, Noted>();
  #listener: () => void = () => {};
  #isTold = true;

  /** Called after changes, once for several that come together. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  add(key: string, stored: unknown, reason: string): void {
    if (this.#noted.get(key)?.reason === reason) return;
    this.#noted.set(key, { reason, name: nameOf(key, stored), sizeBytes: sizeOf(stored) });
    this.#changed();
  }

  /** It could be read after all, or is gone. */
  remove(...keys: readonly string[]): void {
    const removed = keys.map((key) => this.#noted.delete(key));
    if (removed.includes(true)) this.#changed();
  }

  /** Those that begin with `prefix` and are not among `keys` are gone. */
  keepOnly(prefix: string, keys: readonly string[]): void {
    const there = new Set(keys);
    this.remove(...[...this.#noted.keys()].filter((key) => key.startsWith(prefix) && !there.has(key)));
  }

  /** Why a key's record was set aside; undefined where it was not. */
  reasonOf(key: string): string | undefined {
    return this.#noted.get(key)?.reason;
  }

  /** Throws `record-set-aside`, with its reason, where a record of these keys is there and cannot be read. */
  requireReadable(...keys: readonly string[]): void {
    for (const key of keys) {
      const reason = this.reasonOf(key);
      if (reason !== undefined)
        throw new StudioError('record-set-aside', reason, 'It stands under Set aside on the page.');
    }
  }

  /** An adapter's two records are one thing. */
  list(): readonly SetAsideRecord[] {
    const firsts = new Set([...this.#noted.keys()].map((key) => keysWith(key)[0]!));
    return [...firsts].map((key) => {
      const keys = keysWith(key);
      // A run's checkpoints have reasons of their own.
      const noted = keys.flatMap((one) => (keysWith(one)[0] === key ? (this.#noted.get(one) ?? []) : []));
      return {
        key,
        keys,
        kind: kindOf(key),
        name: noted.map(({ name }) => name).find((name) => name !== null) ?? null,
        reason: noted.map(({ reason }) => reason).join(' '),
        sizeBytes: noted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      };
    });
  }

  #changed(): void {
    if (!this.#isTold) return;
    this.#isTold = false;
    queueMicrotask(() => {
      this.#isTold = true;
      this.#listener();
    });
  }
}

/** A tensors' record that cannot be read is an adapter that cannot. */
const kindOf = (key: string) => key.slice(0, key.indexOf('/')) as Exclude<RecordKind, 'bundle'>;

/** The keys that are taken away and deleted together, one that ends in a slash with all under it; the first one names them. */
function keysWith(key: string): readonly string[] {
  const [kind, id] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
  if (kind === 'adapter' || kind === 'bundle') return [`adapter/${id}`, `bundle/${id}`];
  if (kind === 'run') return [key, ...checkpointKeys(id), seriesPrefix(id)];
  return [key];
}

/** What it calls itself, as far as that can be told. */
function nameOf(key: string, stored: unknown): string | null {
  if (key.startsWith('setting/')) return key.slice('setting/'.length);
  if (typeof stored !== 'object' || stored === null) return null;
  const { name, bundle, run, origin } = stored as Readonly<Record<string, unknown>>;
  if (typeof name === 'string') return name;
  const inner = [bundle, run].map((value) => (value as { readonly name?: unknown } | null | undefined)?.name);
  const repo = (origin as { readonly repo?: unknown } | null | undefined)?.repo;
  const found = [...inner, repo].find((value) => typeof value === 'string');
  return typeof found === 'string' ? found : null;
}

/** About what a value takes, without its names. */
function sizeOf(value: unknown, met = new Set<object>()): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object') return 8;
  if (value === null || met.has(value)) return 8;
  met.add(value);
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof Blob) return value.size;
  const items = value instanceof Map || value instanceof Set ? [...value].flat() : Object.values(value);
  return items.reduce((sum: number, item) => sum + sizeOf(item, met), 0);
}
