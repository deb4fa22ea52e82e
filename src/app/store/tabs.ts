/**
 * This tab among the tabs of the studio: one trains, the others follow it. Which one trains is the worker's matter (Web Locks); here
 * it tells how the run goes, answers who comes late or missed something, and does what a person asks of it in another tab. That a tab
 * is gone shows by a lock that each holds for its life. Knows messages and their order; nothing of a page's state.
 */
import { type ErrorReport, StudioError } from '../../errors';
import type { TabChannel } from '../../protocol/tab-channel';
import {
  asked,
  type LiveCommand,
  readTabMessage,
  type TabMessage,
  type Told,
  type ToldAll,
  told,
} from './tab-message';

const lockOf = (tab: string) => `adapter-studio-tab/${tab}`;

/** A page answers at once, whatever its worker does; one in the background within a second. */
const patienceMs = 3000;

export interface TabsListener {
  /** Whether this tab's worker trains a run now: then no other does. */
  readonly leads: () => boolean;
  /** What another tab needs to follow this one. */
  readonly all: () => ToldAll;
  /** Takes up what a person asks for in another tab, or says why it cannot be done. */
  readonly obey: (command: LiveCommand, runId: string) => ErrorReport | null;
  /** Something of the tab that is followed, with nothing left out before it. */
  readonly heard: (message: Told, tab: string) => void;
  /** The tab is gone. */
  readonly gone: (tab: string) => void;
}

type LockRequests = Pick<LockManager, 'request'>;

export class Tabs {
  readonly #id = crypto.randomUUID();
  readonly #channel: TabChannel;
  readonly #locks: LockRequests;
  #listener: TabsListener | null = null;
  /** Nothing is told before others could notice that this tab is gone. */
  #isHeld = false;
  #number = 0;
  /** The tab that is followed and what it says next. */
  #followed: { readonly tab: string; readonly runId: string | null; readonly next: number } | null = null;
  /** When a tab was asked for everything, until it answers. */
  readonly #askedAt = new Map<string, number>();
  readonly #watched = new Set<string>();
  readonly #questions = new Map<string, (error: ErrorReport | null) => void>();

  constructor(channel: TabChannel, locks: LockRequests) {
    this.#channel = channel;
    this.#locks = locks;
  }

  begin(listener: TabsListener): void {
    this.#listener = listener;
    this.#channel.addEventListener('message', ({ data }) => {
      const message = readTabMessage(data);
      if (message) this.#hear(message, listener);
    });
    void this.#locks.request(lockOf(this.#id), () => {
      this.#isHeld = true;
      if (listener.leads()) this.tell(listener.all());
      return new Promise(() => {});
    });
    this.hello();
  }

  tell(message: Told): void {
    if (!this.#isHeld) return;
    this.#number += 1;
    this.#channel.postMessage(told(this.#id, this.#number, message));
  }

  /** Asks the tab that is followed, or whichever trains, for everything: this one has just come, or was asleep. */
  hello(): void {
    const to = this.#followed?.tab ?? null;
    this.#channel.postMessage(asked(this.#id, { type: 'hello', to }));
  }

  /** Resolves when the tab has taken it up. Throws what it says, or `tab-silent`. */
  async ask(tab: string, command: LiveCommand, runId: string): Promise<void> {
    const question = crypto.randomUUID();
    const error = await new Promise<ErrorReport | null>((resolve) => {
      const timer = setTimeout(() => resolve(silent), patienceMs);
      this.#questions.set(question, (answer) => {
        clearTimeout(timer);
        resolve(answer);
      });
      this.#channel.postMessage(asked(this.#id, { type: 'ask', to: tab, question, command, runId }));
    });
    this.#questions.delete(question);
    if (error) throw new StudioError(error.code, error.message, error.hint);
  }

  #hear(message: TabMessage, listener: TabsListener): void {
    const { from } = message;
    switch (message.type) {
      case 'hello':
        if (message.to === null ? listener.leads() : message.to === this.#id) this.tell(listener.all());
        return;
      case 'ask': {
        if (message.to !== this.#id) return;
        const error = listener.obey(message.command, message.runId);
        this.#channel.postMessage(asked(this.#id, { type: 'answer', question: message.question, error }));
        return;
      }
      case 'answer':
        this.#questions.get(message.question)?.(message.error);
        return;
      case 'all':
        // What another tab says of its last run is of no interest to one that did not follow it.
        if (listener.leads() || (message.run === null && this.#followed?.tab !== from)) return;
        if (this.#heardAll(message)) return;
        this.#askedAt.delete(from);
        this.#watch(from);
        this.#followed = { tab: from, runId: message.run?.live.runId ?? null, next: message.number + 1 };
        listener.heard(message, from);
        return;
      default:
        if (!listener.leads()) this.#follow(message, listener);
    }
  }

  /** It is for another tab: this one has missed nothing. */
  #heardAll({ from, number, run }: ToldAll & { readonly from: string; readonly number: number }): boolean {
    const followed = this.#followed;
    const isInStep = followed?.tab === from && followed.next === number;
    if (!isInStep || followed.runId !== (run?.live.runId ?? null)) return false;
    this.#followed = { ...followed, next: number + 1 };
    return true;
  }

  #follow(
    message: Exclude<Told, ToldAll> & { readonly from: string; readonly number: number },
    listener: TabsListener,
  ): void {
    const { from, number } = message;
    const runId = message.type === 'live' ? message.live?.runId : message.runId;
    const followed = this.#followed?.tab === from ? this.#followed : null;
    const isSame = runId === undefined || runId === followed?.runId;
    if (followed && number === followed.next && isSame) {
      this.#followed = { ...followed, next: number + 1 };
      listener.heard(message, from);
    } else if (followed || runId !== undefined) this.#askForAll(from);
  }

  /** Once, where many messages say that something is missing; again where it was not answered. */
  #askForAll(tab: string): void {
    const now = performance.now();
    if (now - (this.#askedAt.get(tab) ?? Number.NEGATIVE_INFINITY) < patienceMs) return;
    this.#askedAt.set(tab, now);
    this.#channel.postMessage(asked(this.#id, { type: 'hello', to: tab }));
  }

  #watch(tab: string): void {
    if (this.#watched.has(tab)) return;
    this.#watched.add(tab);
    void this.#locks.request(lockOf(tab), { mode: 'shared' }, () => {
      this.#watched.delete(tab);
      if (this.#followed?.tab === tab) this.#followed = null;
      this.#listener?.gone(tab);
    });
  }
}

const silent: ErrorReport = {
  code: 'tab-silent',
  message: 'The tab of the studio that has this run does not answer.',
  hint: 'Go to that tab: it may be asleep, or of an older version. Where it was closed, this one notices by itself.',
};
