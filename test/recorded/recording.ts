/**
 * All that a browser keeps for the studio, as one value: records of IndexedDB, files of OPFS. Taken from a browser and put
 * back into one; runs in the page.
 */
import { decodeValue, encodeValue, type Json } from '../../src/storage/record-file';

/** A file of OPFS whose bytes are those of a file of the repository, or the first of them. */
export interface RecordedFile {
  /** From the root, e.g. `models/<folder>/model.safetensors`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Address of the file whose beginning it is. */
  readonly source: string;
}

export interface Recording {
  readonly commit: string;
  readonly records: Readonly<Record<string, Json>>;
  readonly files: readonly RecordedFile[];
  readonly expected: Expected;
}

/** What the studio that made the records said of them. */
export interface Expected {
  readonly text: string;
  /** By adapter, in the order of its labels. */
  readonly scores: Readonly<Record<string, readonly number[]>>;
  /** The interrupted run, after it was resumed there. */
  readonly resumed: {
    readonly runId: string;
    readonly trainLoss: readonly number[];
    readonly adapterSha256: string;
  };
}

const databaseName = 'adapter-studio';
const storeName = 'records';

function requested<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function openDatabase(): Promise<IDBDatabase> {
  const opening = indexedDB.open(databaseName);
  opening.onupgradeneeded = () => opening.result.createObjectStore(storeName);
  return requested(opening);
}

function committed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

/** Every key with its value. */
export async function storedRecords(): Promise<ReadonlyMap<string, unknown>> {
  const database = await openDatabase();
  const store = database.transaction(storeName).objectStore(storeName);
  const [keys, values] = await Promise.all([requested(store.getAllKeys()), requested(store.getAll())]);
  database.close();
  return new Map(keys.map((key, i) => [String(key), values[i]]));
}

/** Sets what is not undefined, deletes what is. */
export async function changeRecords(changes: ReadonlyMap<string, unknown>): Promise<void> {
  const database = await openDatabase();
  const transaction = database.transaction(storeName, 'readwrite');
  const store = transaction.objectStore(storeName);
  for (const [key, value] of changes) value === undefined ? store.delete(key) : store.put(value, key);
  await committed(transaction);
  database.close();
}

/** Paths of all files of OPFS. */
export async function storedFiles(): Promise<ReadonlyMap<string, File>> {
  const files = new Map<string, File>();
  const visit = async (folder: FileSystemDirectoryHandle, prefix: string): Promise<void> => {
    for await (const [name, handle] of folder.entries()) {
      if (handle.kind === 'directory') await visit(handle as FileSystemDirectoryHandle, `${prefix}${name}/`);
      else files.set(`${prefix}${name}`, await (handle as FileSystemFileHandle).getFile());
    }
  };
  await visit(await navigator.storage.getDirectory(), '');
  return files;
}

const bytesAt = async (address: string) => new Uint8Array(await (await fetch(address)).arrayBuffer());

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** What is kept now. Every file must begin one of `sources`, by its last name. */
export async function record(sources: readonly string[]): Promise<Pick<Recording, 'records' | 'files'>> {
  const records: Record<string, Json> = {};
  for (const [key, value] of await storedRecords()) records[key] = await encodeValue(value);
  const files: RecordedFile[] = [];
  for (const [path, file] of await storedFiles()) {
    const bytes = new Uint8Array(await file.arrayBuffer());
    const digest = await sha256(bytes);
    const named = sources.filter((address) => address.split('/').at(-1) === path.split('/').at(-1));
    const digests = await Promise.all(
      named.map(async (address) => sha256((await bytesAt(address)).slice(0, bytes.byteLength))),
    );
    const source = named[digests.indexOf(digest)];
    if (source === undefined) throw new Error(`${path} begins none of ${named.join(', ')}`);
    files.push({ path, sizeBytes: bytes.byteLength, sha256: digest, source });
  }
  return { records, files };
}

/** A recording as it was written. */
export async function readRecording(address: string): Promise<Recording> {
  const { body } = await fetch(address);
  const text = await new Response(body!.pipeThrough(new DecompressionStream('gzip'))).text();
  return JSON.parse(text) as Recording;
}

/** Nothing is kept afterwards. No page or worker of the studio may write meanwhile. */
export async function clearStorage(): Promise<void> {
  const database = await openDatabase();
  const transaction = database.transaction(storeName, 'readwrite');
  transaction.objectStore(storeName).clear();
  await committed(transaction);
  database.close();
  const root = await navigator.storage.getDirectory();
  for await (const name of root.keys()) await root.removeEntry(name, { recursive: true });
}

/** Puts the recording in place of all that is kept. */
export async function restore({ records, files }: Recording): Promise<void> {
  await clearStorage();
  await changeRecords(new Map(Object.entries(records).map(([key, value]) => [key, decodeValue(value)])));
  const root = await navigator.storage.getDirectory();
  for (const { path, sizeBytes, sha256: digest, source } of files) {
    const parts = path.split('/');
    let folder = root;
    for (const name of parts.slice(0, -1)) folder = await folder.getDirectoryHandle(name, { create: true });
    const bytes = (await bytesAt(source)).slice(0, sizeBytes);
    if ((await sha256(bytes)) !== digest) throw new Error(`${source} is not what ${path} was`);
    const writable = await (await folder.getFileHandle(parts.at(-1)!, { create: true })).createWritable();
    await writable.write(bytes);
    await writable.close();
  }
}
