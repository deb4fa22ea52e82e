/** Collects finished steps and hands them on at most ten times a second, whatever the step rate; nothing is dropped. */
import type { StepPoint } from '../../protocol/types';

const intervalMs = 100;

export class StepsBuffer {
  readonly #flushTo: (points: readonly StepPoint[]) => void;
  #points: StepPoint[] = [];
  #lastFlush = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(flushTo: (points: readonly StepPoint[]) => void) {
    this.#flushTo = flushTo;
  }

  add(points: readonly StepPoint[]): void {
    this.#points.push(...points);
    const wait = this.#lastFlush + intervalMs - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), wait);
  }

  /** Hands on what is there now. */
  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#points.length === 0) return;
    const points = this.#points;
    this.#points = [];
    this.#lastFlush = performance.now();
    this.#flushTo(points);
  }
}
