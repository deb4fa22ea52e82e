/** Web Locks of one origin, for tests without a browser: several holders of one are what several tabs are. */

type Act = (lock: { readonly name: string } | null) => unknown;

interface Held {
  readonly name: string;
  readonly isShared: boolean;
}

export class FakeLocks {
  readonly #held = new Set<Held>();
  #waiting: { readonly lock: Held; readonly grant: () => void }[] = [];

  async query() {
    const names = (locks: Iterable<Held>) => [...locks].map(({ name }) => ({ name }));
    return { held: names(this.#held), pending: names(this.#waiting.map(({ lock }) => lock)) };
  }

  async request(name: string, optionsOrAct: LockOptions | Act, given?: Act): Promise<unknown> {
    const [options, act] = typeof optionsOrAct === 'function' ? [{}, optionsOrAct] : [optionsOrAct, given!];
    const lock: Held = { name, isShared: options.mode === 'shared' };
    // As a browser answers: in a later turn.
    await new Promise((resolve) => setTimeout(resolve));
    if (options.ifAvailable && !this.#isFree(lock)) return act(null);
    if (!this.#isFree(lock) || this.#waiting.some((other) => other.lock.name === name))
      await new Promise<void>((grant) => this.#waiting.push({ lock, grant }));
    this.#held.add(lock);
    try {
      return await act({ name });
    } finally {
      this.#held.delete(lock);
      this.#grantNext();
    }
  }

  #isFree({ name, isShared }: Held): boolean {
    return ![...this.#held].some((held) => held.name === name && !(held.isShared && isShared));
  }

  #grantNext(): void {
    const next = this.#waiting.find(({ lock }) => this.#isFree(lock));
    if (!next) return;
    this.#waiting = this.#waiting.filter((one) => one !== next);
    next.grant();
  }
}
