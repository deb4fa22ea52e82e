/**
 * What other tabs wrote. Whoever changes records says which kinds they are of, and the others read them anew from the store, which
 * checks them: no record crosses here. Knows kinds of records; nothing of what they hold.
 */
import type { TabChannel } from '../protocol/tab-channel';
import type { StudioStore } from '../storage/store';

/** A tab may run another build of the studio: what says another version is none of this one's. */
const version = 1;

/** Several changes in a row, as those of a run that begins, are read once. */
const restMs = 150;

/** Kinds of records that a page lists. */
const told = ['run', 'adapter', 'dataset', 'model'] as const;

export type ToldKind = (typeof told)[number];

export class OtherTabs {
  readonly #onChange: (kinds: ReadonlySet<ToldKind>) => Promise<void>;
  #changed = new Set<ToldKind>();
  #isReading = false;

  /** `onChange` is told what other tabs changed, never twice at a time; it must not reject. */
  constructor(
    channel: TabChannel,
    store: StudioStore,
    onChange: (kinds: ReadonlySet<ToldKind>) => Promise<void>,
  ) {
    this.#onChange = onChange;
    store.whenChanged((kinds) => {
      const changed = told.filter((kind) => kinds.has(kind));
      if (changed.length > 0) channel.postMessage({ version, changed });
      // What is read just now may be from before.
      if (this.#isReading) for (const kind of changed) this.#changed.add(kind);
    });
    channel.addEventListener('message', ({ data }) => {
      for (const kind of kindsIn(data)) this.#changed.add(kind);
      if (this.#changed.size > 0 && !this.#isReading) void this.#readAnew();
    });
  }

  async #readAnew(): Promise<void> {
    this.#isReading = true;
    while (this.#changed.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, restMs));
      const changed = this.#changed;
      this.#changed = new Set();
      await this.#onChange(changed);
    }
    this.#isReading = false;
  }
}

/** None in what is no such message. */
function kindsIn(data: unknown): readonly ToldKind[] {
  if (typeof data !== 'object' || data === null) return [];
  const message: Readonly<Record<string, unknown>> = { ...data };
  if (message.version !== version || !Array.isArray(message.changed)) return [];
  const { changed } = message;
  return told.filter((kind) => changed.includes(kind));
}
