/** A `BroadcastChannel` for tests without a browser: what one says is heard by all others, in its order and in a later turn. */

type Listener = (event: MessageEvent<unknown>) => void;

export class FakeChannel {
  readonly #all: Set<FakeChannel>;
  #listeners: Listener[] = [];

  /** `all` are those of one name; this one joins them. */
  constructor(all: Set<FakeChannel>) {
    this.#all = all;
    all.add(this);
  }

  postMessage(message: unknown): void {
    const data: unknown = structuredClone(message);
    for (const other of this.#all)
      if (other !== this)
        setTimeout(() => {
          if (this.#all.has(other))
            for (const listener of other.#listeners) listener({ data } as MessageEvent);
        });
  }

  addEventListener(_type: 'message', listener: Listener): void {
    this.#listeners.push(listener);
  }

  /** As a tab that is closed, asleep or crashed: it hears nothing. */
  leave(): void {
    this.#all.delete(this);
  }
}
