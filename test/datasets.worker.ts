/** The data sets in a worker, where files can be written, for the tests to call by name. */
import { fingerprintOf } from '../src/data/dataset';
import { type ErrorReport, toErrorReport } from '../src/errors';
import { Datasets } from '../src/host/data/datasets';
import type { EventMessage } from '../src/protocol/types';
import { Database } from '../src/storage/database';
import { StudioStore } from '../src/storage/store';

declare const self: DedicatedWorkerGlobalScope;

const events: EventMessage[] = [];
const database = new Database(`test-datasets-${crypto.randomUUID()}`);
const store = new StudioStore(database);
const open = () => new Datasets(store, `${self.location.origin}/`, (event) => events.push(event));
let datasets = open();
const getDirectory = navigator.storage.getDirectory.bind(navigator.storage);
const write = FileSystemSyncAccessHandle.prototype.write;

async function folders(): Promise<FileSystemDirectoryHandle> {
  return (await getDirectory()).getDirectoryHandle('datasets', { create: true });
}

const methods = {
  inspect: (file: File) => datasets.inspect({ file }),
  create: (...args: Parameters<Datasets['create']>) => datasets.create(...args),
  cancel: () => datasets.cancelImport(),
  delete: (id: string) => datasets.delete(id),
  sweep: () => datasets.sweep(),
  list: async () => (await datasets.list()).filter(({ source }) => source === 'file'),
  /** As after a reload. */
  reopen: () => {
    datasets = open();
  },
  rows: async (id: string) => {
    const { train, validation } = (await datasets.get(id)).splits;
    return [train, validation].map(({ texts, labels }) =>
      Array.from({ length: texts.length }, (_, row) => `${texts.at(row)}=${labels[row]}`),
    );
  },
  /** Of the rows as they are read now. */
  fingerprint: async (id: string) => fingerprintOf(await datasets.get(id)),
  record: (id: string) => database.get(`dataset/${id}`),
  put: (id: string, record: unknown) => database.change({ set: [[`dataset/${id}`, record]] }),
  folders: async () => {
    const names: string[] = [];
    for await (const name of (await folders()).keys()) names.push(name);
    return names.sort();
  },
  makeFolder: async (name: string) =>
    void (await (await folders()).getDirectoryHandle(name, { create: true })),
  removeFolder: async (name: string) => (await folders()).removeEntry(name, { recursive: true }),
  removeFile: async (folder: string, name: string) =>
    (await (await folders()).getDirectoryHandle(folder)).removeEntry(name),
  /** Bytes that can be written until the disk is full; null for no end. */
  pretendRoom: (bytes: number | null) => {
    let room = bytes ?? Number.POSITIVE_INFINITY;
    FileSystemSyncAccessHandle.prototype.write = function (buffer, options) {
      room -= buffer.byteLength;
      if (room < 0) throw new DOMException('no room', 'QuotaExceededError');
      return write.call(this, buffer, options);
    };
  },
  pretendNoFiles: (isSo: boolean) => {
    navigator.storage.getDirectory = isSo
      ? () => Promise.reject(new DOMException('private', 'SecurityError'))
      : getDirectory;
  },
  reads: () => reads,
  transactions: () => transactions,
  lastEvent: () => events.at(-1),
};

/** Times that bytes of a file were read at once. */
let reads = 0;
const read = FileReaderSync.prototype.readAsArrayBuffer;
FileReaderSync.prototype.readAsArrayBuffer = function (blob) {
  reads += 1;
  return read.call(this, blob);
};

/** Of the database, begun so far. */
let transactions = 0;
const begin = IDBDatabase.prototype.transaction;
IDBDatabase.prototype.transaction = function (...args) {
  transactions += 1;
  return begin.apply(this, args);
};

export type DatasetCalls = typeof methods;

export interface DatasetAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: ErrorReport;
}

interface Call {
  readonly id: number;
  readonly method: keyof DatasetCalls;
  readonly args: readonly unknown[];
}

self.addEventListener('message', async ({ data: { id, method, args } }: MessageEvent<Call>) => {
  const post = (answer: DatasetAnswer) => self.postMessage(answer);
  try {
    const run = methods[method] as (...given: readonly unknown[]) => unknown;
    post({ id, value: await run(...args) });
  } catch (error) {
    post({ id, error: toErrorReport(error) });
  }
});
