/**
 * Where a run's time goes: at any moment it is of one part, or of none while the run is paused. Speeds are those of training steps
 * alone, as the reference's own loop leaves evaluation out of its runtime.
 */
import { type RunTimes, type TimePart, timePartIds } from '../../runs/times';

/** Speeds are those of the last so many seconds, so that they follow a change of load. */
const windowSeconds = 10;

interface Sample {
  /** Of training. */
  readonly seconds: number;
  readonly steps: number;
  readonly rows: number;
  readonly tokens: number;
}

const eachPart = (make: (part: TimePart) => number): RunTimes =>
  Object.fromEntries(timePartIds.map((part) => [part, make(part)])) as RunTimes;

export class RunClock {
  /** Of earlier parts of the run: what its record or its checkpoint knows. */
  #before: Partial<RunTimes>;
  #own: RunTimes = eachPart(() => 0);
  #part: TimePart | null = null;
  #since = 0;
  #total: Sample = { seconds: 0, steps: 0, rows: 0, tokens: 0 };
  #samples: Sample[] = [];
  #evaluatedRows = 0;
  #checkpoints = 0;

  constructor(before: Partial<RunTimes> = {}) {
    this.#before = before;
  }

  /** The run goes on from there; what this clock has measured already comes after it. */
  goOnFrom(before: Partial<RunTimes>): void {
    this.#before = before;
  }

  /** What comes from now on is of this part; null while nothing is done. */
  turnTo(part: TimePart | null): void {
    if (part === this.#part) return;
    this.#own = this.#measured();
    this.#part = part;
    this.#since = performance.now();
    if (part === 'training' && this.#samples.length === 0)
      this.#samples = [{ ...this.#total, seconds: this.#own.training }];
  }

  /** Something of another part in between. */
  async during<T>(part: TimePart, work: () => Promise<T>): Promise<T> {
    const before = this.#part;
    this.turnTo(part);
    try {
      return await work();
    } finally {
      this.turnTo(before);
    }
  }

  /** Of the whole run. */
  get times(): RunTimes {
    const own = this.#measured();
    return eachPart((part) => own[part] + (this.#before[part] ?? 0));
  }

  #measured(): RunTimes {
    const passed = (performance.now() - this.#since) / 1000;
    return eachPart((part) => this.#own[part] + (part === this.#part ? passed : 0));
  }

  /** Training steps that are done. */
  count(steps: number, rows: number, tokens: number): void {
    const { training: seconds } = this.#measured();
    const { steps: s, rows: r, tokens: t } = this.#total;
    this.#total = { seconds, steps: s + steps, rows: r + rows, tokens: t + tokens };
    this.#samples.push(this.#total);
    while (this.#samples.length > 2 && this.#samples[0]!.seconds < seconds - windowSeconds)
      this.#samples.shift();
  }

  countEvaluated(rows: number): void {
    this.#evaluatedRows += rows;
  }

  countCheckpoint(): void {
    this.#checkpoints += 1;
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

  /** Mean seconds of an evaluated row and of a checkpoint, as far as this clock saw some; null where it did not. */
  costs(): { readonly evaluatedRow: number | null; readonly checkpoint: number | null } {
    const { evaluation, checkpoints } = this.#measured();
    return {
      evaluatedRow: this.#evaluatedRows > 0 ? evaluation / this.#evaluatedRows : null,
      checkpoint: this.#checkpoints > 0 ? checkpoints / this.#checkpoints : null,
    };
  }
}
