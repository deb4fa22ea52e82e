/** What could not be read, for the page: told as it is found, taken away as a file, deleted when the person says so. */
import type { SetAsideRecord } from '../protocol/records';
import type { EventMessage, FileDownload } from '../protocol/types';
import type { StudioStore } from '../storage/store';
import type { HandlersOf } from './handlers';
import type { ModelLibrary } from './models/model-library';
import type { TrainerLock } from './runs/trainer-lock';

export interface SetAsideParts {
  readonly store: StudioStore;
  readonly lock: TrainerLock;
  readonly library: ModelLibrary;
  readonly post: (event: EventMessage) => void;
}

export class SetAsideRecords {
  readonly #parts: SetAsideParts;

  constructor(parts: SetAsideParts) {
    this.#parts = parts;
    const { store, post } = parts;
    store.setAside.onChange(() => post({ type: 'setAside', records: store.setAside.list() }));
  }

  commands(): HandlersOf<'listSetAside' | 'downloadSetAside' | 'deleteSetAside'> {
    return {
      listSetAside: () => this.#list(),
      downloadSetAside: ({ key }) => this.#download(key),
      deleteSetAside: async ({ key }) => {
        await this.#delete(key);
        return null;
      },
    };
  }

  /** Of the small records; the large ones come as events. */
  async #list(): Promise<readonly SetAsideRecord[]> {
    const { store } = this.#parts;
    await store.checkSmallRecords();
    return store.setAside.list();
  }

  /** In the background: what fails here is told when it is needed. */
  async checkLargeRecords(): Promise<void> {
    await this.#parts.store.checkLargeRecords().catch(() => undefined);
  }

  /** A JSON file named after the record's key. Throws `not-set-aside`. */
  async #download(key: string): Promise<FileDownload> {
    const contents = await this.#parts.store.encodeSetAside(key);
    return {
      fileName: `${key.replace(/[^\w.@-]+/g, '-')}.json`,
      bytes: new TextEncoder().encode(`${JSON.stringify(contents, null, 1)}\n`),
    };
  }

  /** With the files of a model that no record is left of. Throws `not-set-aside`, and `run-active` for a run of another tab. */
  async #delete(key: string): Promise<void> {
    const { store, lock, library } = this.#parts;
    const [kind, id] = [key.slice(0, key.indexOf('/')), key.slice(key.indexOf('/') + 1)];
    if (kind === 'run') await lock.alone(id, () => store.deleteSetAside(key));
    else await store.deleteSetAside(key);
    if (kind === 'model' || kind === 'download') await library.sweep();
  }
}
