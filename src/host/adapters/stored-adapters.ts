/** Adapters that the studio has, stored or still in memory, and the base models that they are for. */
import { StudioError } from '../../errors';
import type { AdapterRecord } from '../../protocol/records';
import type { AdapterSummary } from '../../protocol/types';
import type { RunSettings } from '../../runs/settings';
import type { StudioStore } from '../../storage/store';
import { baseIdFor, otherBaseWarning } from '../models/base-identity';
import type { BaseModels, LoadedBaseModel } from '../models/base-models';
import type { ModelLibrary } from '../models/model-library';
import type { SavedAdapters } from './adapter-plan';
import { summarize } from './adapter-records';
import type { UnstoredAdapters } from './unstored-adapters';

export interface StoredAdaptersParts {
  readonly store: StudioStore;
  readonly unstored: UnstoredAdapters;
  readonly models: BaseModels;
  readonly library: ModelLibrary;
}

export class StoredAdapters {
  readonly #parts: StoredAdaptersParts;

  constructor(parts: StoredAdaptersParts) {
    this.#parts = parts;
  }

  /** Throws `unknown-adapter`. */
  async get(adapterId: string): Promise<AdapterRecord> {
    const { unstored, store } = this.#parts;
    const adapter = unstored.find(adapterId) ?? (await store.getAdapter(adapterId));
    if (!adapter) {
      store.setAside.requireReadable(`adapter/${adapterId}`, `bundle/${adapterId}`);
      throw new StudioError(
        'unknown-adapter',
        'This adapter is not stored any more.',
        'Reload the page to see the adapters that are.',
      );
    }
    return adapter;
  }

  async save(record: AdapterRecord): Promise<AdapterSummary> {
    await this.#parts.store.saveAdapter(record);
    return summarize(record);
  }

  /** Of an adapter, or what stands for it. */
  async baseOf(adapter: AdapterRecord): Promise<LoadedBaseModel> {
    const { models, library } = this.#parts;
    return models.load(baseIdFor(adapter, await library.list()));
  }

  /** Throws `other-base` where only a model of the same sizes is here. */
  async ownBaseOf(adapter: AdapterRecord): Promise<LoadedBaseModel> {
    const base = await this.baseOf(adapter);
    const other = otherBaseWarning(adapter, base.identity);
    if (other === null) return base;
    throw new StudioError(
      'other-base',
      other,
      'It is merged only into the weights it was made on. Get that base model again, or take the adapter by itself.',
    );
  }

  /** What a run with these settings starts from. Throws `unknown-adapter` where one was deleted. */
  async startsOf({ startFrom, composition }: RunSettings): Promise<SavedAdapters> {
    const [parent, composed] = await Promise.all([
      startFrom ? this.get(startFrom) : null,
      Promise.all((composition?.adapterIds ?? []).map((id) => this.get(id))),
    ]);
    return { parent: parent?.bundle ?? null, composed: composed.map(({ bundle }) => bundle) };
  }
}
