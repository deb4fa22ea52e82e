/**
 * Where the rows of a person's data sets are: a folder each in the origin's private file system (OPFS), written by the worker;
 * in its memory where the browser gives no files, as in a private window. Knows files; knows nothing of what they mean.
 */
import { StudioError } from '../errors';

/** Two files: all texts one after another, and the numbers that tell them apart. */
const fileNames = ['texts', 'index'] as const;
type RowFileName = (typeof fileNames)[number];

/** A file that is there, to read slices of at once. */
export interface RowFile {
  readonly sizeBytes: number;
  /** Throws what the browser throws where the file is gone or was changed. */
  read(begin: number, end: number): Uint8Array<ArrayBuffer>;
}

export interface RowWriter {
  /** The bytes may change after it returns. Throws `storage-full`. */
  append(bytes: Uint8Array): void;
}

export interface DatasetFiles {
  /** Whether they are there after the page is closed. */
  readonly isKept: boolean;
  /** Names of all folders. */
  folders(): Promise<readonly string[]>;
  /** A file from its beginning, safe on the disk when this resolves. */
  write(folder: string, name: RowFileName, work: (writer: RowWriter) => Promise<void> | void): Promise<void>;
  /** Undefined where it is not there. */
  open(folder: string, name: RowFileName): Promise<RowFile | undefined>;
  /** A folder that is not there is removed already. */
  remove(folder: string): Promise<void>;
}

const rootName = 'datasets';

/** In files where the browser gives them, else in memory. */
export async function openDatasetFiles(): Promise<DatasetFiles> {
  try {
    const origin = await navigator.storage.getDirectory();
    const files = new FolderFiles(await origin.getDirectoryHandle(rootName, { create: true }));
    return 'createSyncAccessHandle' in FileSystemFileHandle.prototype ? files : new MemoryFiles();
  } catch {
    // A private window of Firefox or Safari, or site data that is blocked: the reason changes nothing.
    return new MemoryFiles();
  }
}

class FolderFiles implements DatasetFiles {
  readonly isKept = true;
  readonly #root: FileSystemDirectoryHandle;

  constructor(root: FileSystemDirectoryHandle) {
    this.#root = root;
  }

  async folders(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const name of this.#root.keys()) names.push(name);
    return names;
  }

  async write(
    folder: string,
    name: RowFileName,
    work: (writer: RowWriter) => Promise<void> | void,
  ): Promise<void> {
    const directory = await this.#root.getDirectoryHandle(folder, { create: true });
    const handle = await directory.getFileHandle(name, { create: true });
    const access = await handle.createSyncAccessHandle();
    try {
      access.truncate(0);
      let size = 0;
      await work({
        append: (bytes) => {
          writeAt(access, size, bytes);
          size += bytes.byteLength;
        },
      });
      access.flush();
    } finally {
      access.close();
    }
  }

  async open(folder: string, name: RowFileName): Promise<RowFile | undefined> {
    try {
      const directory = await this.#root.getDirectoryHandle(folder);
      return new DiskFile(await (await directory.getFileHandle(name)).getFile());
    } catch (error) {
      return ignoreMissing(error);
    }
  }

  async remove(folder: string): Promise<void> {
    await this.#root.removeEntry(folder, { recursive: true }).catch(ignoreMissing);
  }
}

function writeAt(access: FileSystemSyncAccessHandle, at: number, bytes: Uint8Array): void {
  let written = 0;
  try {
    written = access.write(bytes, { at });
  } catch (cause) {
    if (!(cause instanceof DOMException) || cause.name !== 'QuotaExceededError') throw cause;
  }
  if (written === bytes.byteLength) return;
  throw new StudioError(
    'storage-full',
    'The browser has no room left for the rows of this data set. Nothing of it is kept; all else is.',
    'Delete data sets, base models or adapters you no longer need, free disk space, or take the sample of its rows.',
  );
}

class DiskFile implements RowFile {
  readonly #file: File;
  // Synchronous, for workers only: rows are read in the middle of a loop, and other tabs may read them too.
  readonly #reader = new FileReaderSync();

  constructor(file: File) {
    this.#file = file;
  }

  get sizeBytes(): number {
    return this.#file.size;
  }

  read(begin: number, end: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#reader.readAsArrayBuffer(this.#file.slice(begin, end)));
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
  throw error;
}

/** For as long as the page is open. */
export class MemoryFiles implements DatasetFiles {
  readonly isKept = false;
  readonly #folders = new Map<string, Map<RowFileName, MemoryFile>>();

  async folders(): Promise<readonly string[]> {
    return [...this.#folders.keys()];
  }

  async write(
    folder: string,
    name: RowFileName,
    work: (writer: RowWriter) => Promise<void> | void,
  ): Promise<void> {
    const file = new MemoryFile();
    const files = this.#folders.get(folder) ?? new Map<RowFileName, MemoryFile>();
    this.#folders.set(folder, files.set(name, file));
    await work(file);
  }

  async open(folder: string, name: RowFileName): Promise<RowFile | undefined> {
    return this.#folders.get(folder)?.get(name);
  }

  async remove(folder: string): Promise<void> {
    this.#folders.delete(folder);
  }
}

class MemoryFile implements RowFile, RowWriter {
  /** Pieces with the places where they begin. */
  readonly #pieces: { readonly begin: number; readonly bytes: Uint8Array }[] = [];
  sizeBytes = 0;

  append(bytes: Uint8Array): void {
    this.#pieces.push({ begin: this.sizeBytes, bytes: bytes.slice() });
    this.sizeBytes += bytes.byteLength;
  }

  read(begin: number, end: number): Uint8Array<ArrayBuffer> {
    const read = new Uint8Array(end - begin);
    // From the last piece that begins at or before `begin` on.
    let [low, high] = [0, this.#pieces.length - 1];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (this.#pieces[middle]!.begin <= begin) low = middle;
      else high = middle - 1;
    }
    for (let i = low; i < this.#pieces.length && this.#pieces[i]!.begin < end; i++) {
      const { begin: first, bytes } = this.#pieces[i]!;
      const part = bytes.subarray(Math.max(0, begin - first), end - first);
      read.set(part, Math.max(0, first - begin));
    }
    return read;
  }
}
