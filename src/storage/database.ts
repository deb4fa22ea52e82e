/**
 * One IndexedDB object store with whole transactions on it: all of it is written or nothing. Knows keys and values;
 * nothing of what they mean. Errors become `StudioError`s here.
 */
import { get, getMany, promisifyRequest, type UseStore } from 'idb-keyval';
import { StudioError } from '../errors';

export interface Change {
  readonly set?: readonly (readonly [key: string, value: unknown])[];
  readonly delete?: readonly string[];
  /** Every key that begins with one of these. */
  readonly deleteUnder?: readonly string[];
}

const storeName = 'records';

/** A second, empty object store, whose name tells this database from the one that is made after it was deleted. */
const markPrefix = 'made-';

const longestDelayMs = 2000;

export class Database {
  readonly #name: string;
  #opening: Promise<IDBDatabase> | null = null;
  /** Of the database that was open last; null before the first. */
  #mark: string | null = null;
  #onDeleted: () => void = () => {};

  constructor(name = 'adapter-studio') {
    this.#name = name;
  }

  /**
   * `listener` is called when everything that was stored is gone: the person or the browser cleared the site's data, or
   * another page deleted the database. It can be written to again.
   */
  whenDeleted(listener: () => void): void {
    this.#onDeleted = listener;
  }

  /** The value of a key, or undefined. Throws `storage-failed`. */
  get(key: string): Promise<unknown> {
    return this.#guard('read', () => get(key, this.#use));
  }

  /** The values of several keys in one transaction, undefined where there is none. */
  getMany(keys: readonly string[]): Promise<unknown[]> {
    return this.#guard('read', () => getMany([...keys], this.#use));
  }

  /** Keys that begin with `prefix` and their values, in the order of the keys, as of one moment. */
  entries(prefix: string): Promise<(readonly [key: string, value: unknown])[]> {
    return this.#guard('read', () =>
      this.#use('readonly', async (store) => {
        const [keys, values] = await Promise.all([
          promisifyRequest(store.getAllKeys(rangeOf(prefix))),
          promisifyRequest<unknown[]>(store.getAll(rangeOf(prefix))),
        ]);
        return keys.map((key, i) => [String(key), values[i]] as const);
      }),
    );
  }

  /**
   * `visit` with every key that begins with `prefix` and its value, in the order of the keys, in one transaction. For values
   * that may be too large to be held together: the browser reads a few ahead and keeps none. Throws `storage-failed`.
   */
  each(prefix: string, visit: (key: string, value: unknown) => void): Promise<void> {
    return this.#guard('read', () =>
      this.#use(
        'readonly',
        (store) =>
          new Promise((resolve, reject) => {
            const request = store.openCursor(rangeOf(prefix));
            request.onerror = () => reject(request.error);
            request.onsuccess = () => {
              const cursor = request.result;
              if (!cursor) return resolve();
              try {
                visit(String(cursor.key), cursor.value);
                cursor.continue();
              } catch (error) {
                reject(error);
              }
            };
          }),
      ),
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
        const done = committed(store.transaction);
        try {
          for (const key of change.delete ?? []) store.delete(key);
          for (const prefix of change.deleteUnder ?? []) store.delete(rangeOf(prefix));
          for (const [key, value] of change.set ?? []) store.put(value, key);
        } catch (error) {
          // A value that cannot be cloned throws at once; without the abort what came before it would be kept.
          done.catch(() => undefined);
          store.transaction.abort();
          throw error;
        }
        return done;
      }),
    );
  }

  /**
   * A store for idb-keyval's functions, on a connection of this class: that of its own `createStore` tells nobody when the
   * browser closes it, and bears no deletion.
   */
  readonly #use: UseStore = async (mode, act) => {
    const opening = this.#open();
    const begin = async () => (await this.#open()).transaction(storeName, mode).objectStore(storeName);
    const store = await begin().catch((error: unknown) => {
      // Closed from outside, and its event has not come yet.
      if (!(error instanceof DOMException && error.name === 'InvalidStateError')) throw error;
      if (this.#opening === opening) this.#opening = null;
      return begin();
    });
    return act(store);
  };

  #open(): Promise<IDBDatabase> {
    if (this.#opening) return this.#opening;
    const opening = openDatabase(this.#name).then((database) => {
      const lookAgain = () => {
        if (this.#opening === opening) this.#opening = null;
        // What cannot be opened is told where it is needed.
        void this.#open().catch(() => undefined);
      };
      // Clearing the site's data closes the connection; deleting the database from a page asks for that and waits.
      database.addEventListener('close', lookAgain);
      database.addEventListener('versionchange', () => {
        database.close();
        lookAgain();
      });
      const mark = [...database.objectStoreNames].find((name) => name.startsWith(markPrefix)) ?? '';
      const isAnother = this.#mark !== null && this.#mark !== mark;
      this.#mark = mark;
      if (isAnother) this.#onDeleted();
      return database;
    });
    this.#opening = opening;
    opening.catch(() => {
      if (this.#opening === opening) this.#opening = null;
    });
    return opening;
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

/** Of any version; made where there is none. */
async function openDatabase(name: string, version?: number, delayMs = 25): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => {
    const { result } = request;
    if (result.objectStoreNames.contains(storeName)) return;
    result.createObjectStore(storeName);
    result.createObjectStore(markPrefix + crypto.randomUUID());
  };
  let database: IDBDatabase;
  try {
    database = await promisifyRequest(request);
  } catch (error) {
    // While the site's data are being cleared Chromium refuses what is opened; a moment later it makes it anew.
    const isClearing = error instanceof DOMException && error.name === 'AbortError';
    if (!isClearing || delayMs > longestDelayMs) throw error;
    await new Promise((resolve) => setTimeout(resolve, delayMs));
    return openDatabase(name, version, 2 * delayMs);
  }
  if (database.objectStoreNames.contains(storeName)) return database;
  // Opened by something else first, which leaves a database without any store.
  database.close();
  return openDatabase(name, database.version + 1);
}

/** Rejects once it is aborted: only then it has its error, which that of a request of it precedes. */
function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('the transaction was aborted'));
  });
}
