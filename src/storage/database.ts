/**
 * One IndexedDB object store with whole transactions on it: all of it is written or nothing. Knows keys and values;
 * nothing of what they mean. Errors become `StudioError`s here.
 */
import { createStore, promisifyRequest, type UseStore } from 'idb-keyval';
import { StudioError } from '../errors';

export interface Change {
  readonly set?: readonly (readonly [key: string, value: unknown])[];
  readonly delete?: readonly string[];
}

export class Database {
  readonly #use: UseStore;

  constructor(name = 'adapter-studio') {
    this.#use = createStore(name, 'records');
  }

  /** The value of a key, or undefined. Throws `storage-failed`. */
  get(key: string): Promise<unknown> {
    return this.#guard('read', () => this.#use('readonly', (store) => promisifyRequest(store.get(key))));
  }

  /** The values of several keys in one transaction, undefined where there is none. */
  getMany(keys: readonly string[]): Promise<unknown[]> {
    return this.#guard('read', () =>
      this.#use('readonly', (store) =>
        Promise.all(keys.map((key) => promisifyRequest<unknown>(store.get(key)))),
      ),
    );
  }

  /** The values whose keys begin with `prefix`, in the order of their keys. */
  list(prefix: string): Promise<unknown[]> {
    return this.#guard('read', () =>
      this.#use('readonly', (store) => promisifyRequest<unknown[]>(store.getAll(rangeOf(prefix)))),
    );
  }

  /** The keys that begin with `prefix`, in order. */
  async keys(prefix: string): Promise<string[]> {
    const keys = await this.#guard('read', () =>
      this.#use('readonly', (store) => promisifyRequest(store.getAllKeys(rangeOf(prefix)))),
    );
    return keys.map(String);
  }

  /**
   * One transaction: deletes first, then sets. Resolves when it is committed. Throws `storage-full` where the browser
   * gives no more room and `storage-failed` otherwise; in both cases nothing of it was written and nothing is lost.
   */
  change(change: Change): Promise<void> {
    return this.#guard('write', () =>
      this.#use('readwrite', (store) => {
        const done = promisifyRequest(store.transaction);
        try {
          for (const key of change.delete ?? []) store.delete(key);
          for (const [key, value] of change.set ?? []) store.put(value, key);
        } catch (error) {
          // A value that cannot be cloned throws at once; without the abort what came before it would be kept.
          done.catch(() => undefined);
          store.transaction.abort();
          throw error;
        }
        return done.catch((error: unknown) => {
          // A request's error reaches the transaction before the transaction has its own.
          throw error ?? store.transaction.error ?? new Error('the transaction was aborted');
        });
      }),
    );
  }

  async #guard<T>(what: 'read' | 'write', act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (cause) {
      throw storageError(what, cause);
    }
  }
}

function storageError(what: 'read' | 'write', cause: unknown): StudioError {
  const name = cause instanceof Error || cause instanceof DOMException ? cause.name : '';
  if (name === 'QuotaExceededError')
    return new StudioError(
      'storage-full',
      'The browser has no room left for the studio’s data. What was saved before is kept.',
      'Download adapters and delete those you no longer need, or free disk space, then try again.',
      { cause },
    );
  const reason = cause instanceof Error || cause instanceof DOMException ? cause.message : String(cause);
  return new StudioError(
    'storage-failed',
    `The browser could not ${what} the studio’s data (${name || 'error'}: ${reason}). What was saved before is kept.`,
    'Reload the page. In a private window, or where site data is blocked, nothing can be kept: download adapters at once.',
    { cause },
  );
}

function rangeOf(prefix: string): IDBKeyRange {
  return IDBKeyRange.bound(prefix, `${prefix}\uffff`);
}
