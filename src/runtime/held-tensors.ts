/** What executors' `hold` has in common: values that are made when a session first needs them, and counted by their users. */
import { invariant } from '../errors';
import type { FrozenTensors } from '../graph/frozen';
import type { HeldWeights } from './executor';

export class HeldTensors<T> implements HeldWeights {
  readonly source: FrozenTensors;
  readonly #bytesOf: (value: T) => number;
  readonly #free: () => void;
  /** Those under way too: sessions that open at the same time share them. */
  readonly #values = new Map<string, Promise<T>>();
  readonly #ready = new Map<string, T>();
  #count = 1;

  /** `free` is called once, when nobody uses the values any more. */
  constructor(source: FrozenTensors, bytesOf: (value: T) => number, free: () => void = () => {}) {
    this.source = source;
    this.#bytesOf = bytesOf;
    this.#free = free;
  }

  get count(): number {
    return this.#count;
  }

  get allocatedBytes(): number {
    return this.bytesBeside(new Set());
  }

  /** Bytes of what is held under other keys than these. */
  bytesBeside(keys: ReadonlySet<string>): number {
    let bytes = 0;
    for (const [key, value] of this.#ready) if (!keys.has(key)) bytes += this.#bytesOf(value);
    return bytes;
  }

  hold(): void {
    invariant(this.#count > 0, 'held weights are used after their release');
    this.#count += 1;
  }

  release(): void {
    invariant(this.#count > 0, 'held weights are released once too often');
    this.#count -= 1;
    if (this.#count > 0) return;
    this.#values.clear();
    this.#ready.clear();
    this.#free();
  }

  /** For a borrower. What could not be made is made anew for the next one. */
  take(key: string, make: () => Promise<T>): Promise<T> {
    invariant(this.#count > 0, 'held weights are used after their release');
    const known = this.#values.get(key);
    if (known) return known;
    const value = make();
    this.#values.set(key, value);
    value.then(
      (made) => this.#ready.set(key, made),
      () => this.#values.delete(key),
    );
    return value;
  }
}

/** Borrows the weights before anything is awaited, for a session that gives them back when it is disposed; or at once, where none opens. */
export async function borrowing<S>(base: HeldWeights | undefined, openSession: () => Promise<S>): Promise<S> {
  base?.hold();
  try {
    return await openSession();
  } catch (error) {
    base?.release();
    throw error;
  }
}
