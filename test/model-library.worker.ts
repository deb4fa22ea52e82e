/** The model library in a worker, where OPFS can be written, for the tests to call by name. */
import { type ErrorReport, toErrorReport } from '../src/errors';
import { BaseModels, embeddedModels } from '../src/host/models/base-models';
import { ModelLibrary } from '../src/host/models/model-library';
import type { EventMessage } from '../src/protocol/types';
import { Database } from '../src/storage/database';
import { listFolders, ModelFolder } from '../src/storage/models/model-folder';
import { StudioStore } from '../src/storage/store';

declare const self: DedicatedWorkerGlobalScope;

const events: EventMessage[] = [];
const store = new StudioStore(new Database(`test-library-${Date.now()}`));
const library = new ModelLibrary(store, embeddedModels, (event) => events.push(event));
const models = new BaseModels(`${self.location.origin}/`, library);
const estimate = navigator.storage.estimate.bind(navigator.storage);

let requests = 0;
const realFetch = self.fetch.bind(self);
self.fetch = (input, init) => {
  requests += 1;
  return realFetch(input, init);
};

const methods = {
  models: () => store.listModels(),
  describe: () => library.describe(),
  import: (...args: Parameters<ModelLibrary['import']>) => library.import(...args),
  delete: async (id: string) => {
    await library.delete(id);
    models.forget(id);
  },
  sweep: () => library.sweep(),
  setHub: (...args: Parameters<ModelLibrary['setHub']>) => library.setHub(...args),
  download: (...args: Parameters<ModelLibrary['download']>) => library.download(...args),
  continue: (id: string) => library.continue(id),
  find: (...args: Parameters<ModelLibrary['find']>) => library.find(...args),
  lastEvent: () => events.at(-1),
  folders: () => listFolders(),
  isThere: async (id: string, path: string) => (await (await ModelFolder.open(id)).file(path)) !== undefined,
  tensor: async (id: string, name: string) => (await models.load(id)).frozen.read(name),
  removeFile: async (id: string, path: string) => (await ModelFolder.open(id)).remove(path),
  leaveBehind: async (id: string) =>
    (await ModelFolder.open(id)).write('left.safetensors', (writer) => writer.append(new Uint8Array(10))),
  pretendRoom: async (room: StorageEstimate | null) => {
    navigator.storage.estimate = room ? async () => room : estimate;
  },
  requests: () => requests,
};

export type LibraryCalls = typeof methods;

export interface LibraryAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: ErrorReport;
}

interface Call {
  readonly id: number;
  readonly method: keyof LibraryCalls;
  readonly args: readonly unknown[];
}

self.addEventListener('message', async ({ data: { id, method, args } }: MessageEvent<Call>) => {
  const post = (answer: LibraryAnswer) => self.postMessage(answer);
  try {
    const run = methods[method] as (...given: readonly unknown[]) => unknown;
    post({ id, value: await run(...args) });
  } catch (error) {
    post({ id, error: toErrorReport(error) });
  }
});
