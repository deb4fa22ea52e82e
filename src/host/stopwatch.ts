/**
 * Training time and speed of a run. Preparation, pauses and evaluations do not count, as the reference's own loop leaves
 * evaluation out of its runtime.
 */

/** Speeds are those of the last so many seconds, so that they follow a change of load. */
const windowSeconds = 10;

interface Sample {
  readonly seconds: number;
  readonly steps: number;
  readonly rows: number;
  readonly tokens: number;
}

export class Stopwatch {
  #elapsed: number;
  #startedAt: number | null = null;
  #total: Sample = { seconds: 0, steps: 0, rows: 0, tokens: 0 };
  #samples: Sample[] = [];

  /** `elapsedSeconds` of an earlier part of the run. */
  constructor(elapsedSeconds = 0) {
    this.#elapsed = elapsedSeconds;
  }

  get elapsedSeconds(): number {
    return this.#elapsed + (this.#startedAt === null ? 0 : (performance.now() - this.#startedAt) / 1000);
  }

  start(): void {
    if (this.#startedAt !== null) return;
    this.#startedAt = performance.now();
    this.#samples = [{ ...this.#total, seconds: this.#elapsed }];
  }

  stop(): void {
    this.#elapsed = this.elapsedSeconds;
    this.#startedAt = null;
  }

  count(steps: number, rows: number, tokens: number): void {
    const { steps: s, rows: r, tokens: t } = this.#total;
    this.#total = { seconds: this.elapsedSeconds, steps: s + steps, rows: r + rows, tokens: t + tokens };
    this.#samples.push(this.#total);
    const horizon = this.elapsedSeconds - windowSeconds;
    while (this.#samples.length > 2 && this.#samples[0]!.seconds < horizon) this.#samples.shift();
  }

  /** Per second; zeros until two moments are known. */
  speed(): { readonly steps: number; readonly rows: number; readonly tokens: number } {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    const seconds = first && last ? last.seconds - first.seconds : 0;
    if (!first || !last || seconds <= 0) return { steps: 0, rows: 0, tokens: 0 };
    return {
      steps: (last.steps - first.steps) / seconds,
      rows: (last.rows - first.rows) / seconds,
      tokens: (last.tokens - first.tokens) / seconds,
    };
  }
}
