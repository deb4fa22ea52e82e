/** Long work in portions: between them the worker reads its messages, and the work ends where it was asked to. */
import { nextTask } from '../next-task';

/** Short against the 200 ms within which a click on “Cancel” is to take hold. */
const portionMs = 30;

export class Turns {
  readonly #signal: AbortSignal;
  #began = performance.now();

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  /** To be called often; waits only at the end of a portion, and says whether it did. Throws the signal's reason. */
  async take(): Promise<boolean> {
    this.#signal.throwIfAborted();
    if (performance.now() - this.#began < portionMs) return false;
    await nextTask();
    this.#signal.throwIfAborted();
    this.#began = performance.now();
    return true;
  }
}
