/**
 * Events on their way into the store. Steps and phases may come in hundreds a second and are taken ten times a second;
 * everything else, and what waited before it, is taken at once and in order.
 */
import type { EventMessage } from '../../protocol/types';

const intervalMs = 100;

export class EventQueue {
  readonly #take: (events: readonly EventMessage[]) => void;
  #events: EventMessage[] = [];
  #lastTaken = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(take: (events: readonly EventMessage[]) => void) {
    this.#take = take;
  }

  add(event: EventMessage): void {
    this.#events.push(event);
    const wait = this.#lastTaken + intervalMs - performance.now();
    const canWait = event.type === 'steps' || event.type === 'preparing';
    if (!canWait || wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#events.length === 0) return;
    const events = this.#events;
    this.#events = [];
    this.#lastTaken = performance.now();
    this.#take(events);
  }
}
