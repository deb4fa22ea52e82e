/**
 * Folders of base models in the origin's private file system (OPFS): written by one writer in the worker, read in slices.
 * Knows files; knows nothing of what they mean.
 */
import { StudioError } from '../../errors';
import type { FileSink } from './transfer';

const rootName = 'models';

/** Ids have slashes; names of folders may not. */
const folderName = (id: string) => encodeURIComponent(id);

async function root(): Promise<FileSystemDirectoryHandle> {
  try {
    const origin = await navigator.storage.getDirectory();
    return await origin.getDirectoryHandle(rootName, { create: true });
  } catch (cause) {
    throw new StudioError(
      'storage-failed',
      'This browser gives the studio no room for files.',
      'In a private window, or where site data is blocked, only the built-in base models can be used.',
      { cause },
    );
  }
}

/** Ids of all folders that are there. */
export async function listFolders(): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const name of (await root()).keys()) ids.push(decodeURIComponent(name));
  return ids;
}

export async function removeFolder(id: string): Promise<void> {
  await (await root()).removeEntry(folderName(id), { recursive: true }).catch(ignoreMissing);
}

export class ModelFolder {
  readonly #directory: FileSystemDirectoryHandle;

  private constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory;
  }

  /** The folder of a model, made where it is not there. */
  static async open(id: string): Promise<ModelFolder> {
    return new ModelFolder(await (await root()).getDirectoryHandle(folderName(id), { create: true }));
  }

  /** A file to read slices of; undefined where there is none. */
  async file(path: string): Promise<File | undefined> {
    try {
      return await (await this.#directory.getFileHandle(path)).getFile();
    } catch (error) {
      return ignoreMissing(error);
    }
  }

  /** Names of the files that are there. */
  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const name of this.#directory.keys()) names.push(name);
    return names;
  }

  async remove(path: string): Promise<void> {
    await this.#directory.removeEntry(path).catch(ignoreMissing);
  }

  /** Opens a file for writing while `work` lasts. Throws `model-in-use` where another tab writes it. */
  async write<T>(path: string, work: (writer: FileWriter) => Promise<T> | T): Promise<T> {
    const handle = await this.#directory.getFileHandle(path, { create: true });
    let access: FileSystemSyncAccessHandle;
    try {
      access = await handle.createSyncAccessHandle();
    } catch (cause) {
      if (!(cause instanceof DOMException) || cause.name !== 'NoModificationAllowedError') throw cause;
      throw new StudioError(
        'model-in-use',
        `Another tab of the studio is writing ${path}.`,
        'Close the other tab, or wait until its download has ended.',
        { cause },
      );
    }
    try {
      return await work(new FileWriter(access));
    } finally {
      access.flush();
      access.close();
    }
  }
}

/** The one writer of a file. */
export class FileWriter implements FileSink {
  readonly #access: FileSystemSyncAccessHandle;
  #sizeBytes: number;

  constructor(access: FileSystemSyncAccessHandle) {
    this.#access = access;
    this.#sizeBytes = access.getSize();
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Throws `storage-full` where the browser gives no more room. */
  append(bytes: Uint8Array): void {
    let written = 0;
    try {
      written = this.#access.write(bytes, { at: this.#sizeBytes });
    } catch (cause) {
      if (!(cause instanceof DOMException) || cause.name !== 'QuotaExceededError') throw cause;
    }
    if (written !== bytes.byteLength)
      throw new StudioError(
        'storage-full',
        'The browser has no room left for the base model.',
        'Delete base models or adapters you no longer need, or free disk space, then go on with the download.',
      );
    this.#sizeBytes += written;
  }

  truncate(sizeBytes: number): void {
    this.#access.truncate(sizeBytes);
    this.#sizeBytes = sizeBytes;
  }

  read(begin: number, end: number): Uint8Array {
    const bytes = new Uint8Array(end - begin);
    this.#access.read(bytes, { at: begin });
    return bytes;
  }
}

function ignoreMissing(error: unknown): undefined {
  if (error instanceof DOMException && error.name === 'NotFoundError') return undefined;
  throw error;
}
