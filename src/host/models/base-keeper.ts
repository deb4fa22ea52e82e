/**
 * The base model's weights on the executor, kept from one session to the next: a second run, an evaluation or a prediction on the
 * same base brings its adapter only. One base at a time is kept; what a session still borrows goes when that session ends.
 *
 * Another base model, storage or executor lets go of the one before, and so does whatever went wrong while a session opened on
 * it, full memory among it: what is held may then not be whole, or be more than the session needs.
 */
import { StudioError } from '../../errors';
import type { Tensor } from '../../formats/bundle';
import { frozenInMemory } from '../../graph/frozen';
import type { Executor, HeldWeights, Session, SessionOptions } from '../../runtime/executor';
import type { LoadedBaseModel } from './base-models';

interface KeptBase {
  readonly executor: Executor;
  readonly baseId: string;
  /** Equal for equal values in one storage. */
  readonly key: string;
  readonly weights: HeldWeights;
}

export interface OpenOptions extends Omit<SessionOptions, 'frozen' | 'base'> {
  /** Adapters' and heads' tensors, by name; where the base model has one of the name, this one counts. */
  readonly tensors: ReadonlyMap<string, Pick<Tensor, 'data'>>;
}

export class BaseKeeper {
  #kept: KeptBase | null = null;
  /** Not kept any more, but borrowed when last looked at. */
  #left: readonly KeptBase[] = [];

  /** A session on the base model as it is stored. Throws what the executor throws. */
  async open(executor: Executor, base: LoadedBaseModel, options: OpenOptions): Promise<Session> {
    const { tensors, ...rest } = options;
    const frozen = frozenInMemory(new Map([...tensors].map(([name, { data }]) => [name, data])));
    const kept = this.#keep(executor, base);
    const wasEmpty = kept.weights.allocatedBytes === 0;
    try {
      return await executor.open({ ...rest, frozen, base: kept.weights });
    } catch (error) {
      this.#letGo(kept);
      const isFull = error instanceof StudioError && error.code === 'out-of-memory';
      if (!isFull || wasEmpty || kept.weights.count > 0) throw error;
      // Other sessions' tensors were among what was kept: with its own only it may fit.
      return this.open(executor, base, options);
    }
  }

  /** The base model is deleted. */
  forget(baseId: string): void {
    if (this.#kept?.baseId === baseId) this.#letGo(this.#kept);
    this.#left = this.#left.filter((left) => left.baseId !== baseId);
  }

  #keep(executor: Executor, base: LoadedBaseModel): KeptBase {
    const key = JSON.stringify([base.id, base.identity.fingerprint, base.storage]);
    const isIt = (kept: KeptBase | null) => kept?.key === key && kept.executor === executor;
    if (this.#kept && isIt(this.#kept)) return this.#kept;
    const known = this.#left.find((left) => isIt(left) && left.weights.count > 0);
    known?.weights.hold();
    const before = this.#kept;
    before?.weights.release();
    this.#left = [...this.#left, ...(before ? [before] : [])].filter(
      (left) => left !== known && left.weights.count > 0,
    );
    this.#kept = known ?? { executor, baseId: base.id, key, weights: executor.hold(base.frozen) };
    return this.#kept;
  }

  #letGo(kept: KeptBase): void {
    // Another session may have taken its place, or let it go, while this one opened.
    if (this.#kept === kept) {
      this.#kept = null;
      kept.weights.release();
    }
    this.#left = this.#left.filter((left) => left !== kept);
  }
}
