/**
 * Only one tab trains at a time, and a run belongs to one tab: two kinds of Web Locks. The browser takes them back from a
 * tab that crashed, so what it left can be resumed and deleted. Knows ids of runs; nothing of what a run does.
 */
import { StudioError } from '../../errors';

const trainerLock = 'adapter-studio-trainer';
const runPrefix = 'adapter-studio-run/';
const numberLock = 'adapter-studio-run-number';

/** What begins under the lock, and the promise whose end gives the lock back, however it ends. */
export interface Begun<T> {
  readonly answer: T;
  readonly ended: Promise<unknown>;
}

export class TrainerLock {
  #isWorking = false;
  /** Settles when the browser has the lock back that this tab had last: a moment after its work ended. */
  #given: Promise<unknown> = Promise.resolve();
  #onGivenBack: () => void = () => {};

  /** True where no tab trains, this one included. */
  async isFree(): Promise<boolean> {
    const { held } = await navigator.locks.query();
    return !held?.some(({ name }) => name === trainerLock);
  }

  /** `listener` is called each time after this tab held the lock, or could not get it. */
  whenGivenBack(listener: () => void): void {
    this.#onGivenBack = listener;
  }

  /** Once no tab trains: waits for the one that does. */
  async whenFree(): Promise<void> {
    await navigator.locks.request(trainerLock, { mode: 'shared' }, () => {});
  }

  /** Acts while no other tab does, so that no two give a run the same number. */
  counting<T>(act: () => Promise<T>): Promise<T> {
    return navigator.locks.request(numberLock, act);
  }

  /** Once the browser has taken back what a worker held that was ended; within ten seconds, whatever comes. */
  async whenReleased(runId: string): Promise<void> {
    const signal = AbortSignal.timeout(10_000);
    const once = (name: string) => navigator.locks.request(name, { signal }, () => {});
    await Promise.all([once(trainerLock), once(runPrefix + runId)]).catch(() => {});
  }

  /** Runs that belong to a tab: they train, are paused or wait for their adapter to be stored. */
  async runsInUse(): Promise<ReadonlySet<string>> {
    const { held = [], pending = [] } = await navigator.locks.query();
    const names = [...held, ...pending].flatMap(({ name }) => name ?? []);
    return new Set(
      names.filter((name) => name.startsWith(runPrefix)).map((name) => name.slice(runPrefix.length)),
    );
  }

  /**
   * Begins a run under both locks and holds them until what was begun has ended; where `begin` fails they are free again.
   * Resolves with its answer. Throws `busy` or `other-tab` where a run is active, `run-active` where another tab has this one.
   */
  async hold<T>(runId: string, begin: () => Promise<Begun<T>>): Promise<T> {
    if (this.#isWorking) throw busy();
    this.#isWorking = true;
    await this.#given;
    return new Promise<T>((resolve, reject) => {
      const work = async () => {
        try {
          const { answer, ended } = await begin();
          resolve(answer);
          await ended;
        } finally {
          this.#isWorking = false;
        }
      };
      const holding = navigator.locks.request(trainerLock, { ifAvailable: true }, (lock) => {
        if (!lock) throw otherTab();
        return this.#withRun(runId, work);
      });
      this.#given = holding.catch((error: unknown) => {
        this.#isWorking = false;
        reject(error);
      });
      void this.#given.then(() => this.#onGivenBack());
    });
  }

  /** Acts while no tab has the run, this one included. Throws `run-active` where one has. */
  async alone<T>(runId: string, act: () => Promise<T>): Promise<T> {
    if (!this.#isWorking) await this.#given;
    return this.#withRun(runId, act);
  }

  /**
   * Keeps the run for this tab from the moment that it is free, as when the work that holds it ends, until the function that
   * it returns is called; that resolves when the browser has the lock back.
   */
  keep(runId: string): () => Promise<void> {
    let letGo = () => {};
    const until = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    const kept = navigator.locks.request(runPrefix + runId, () => until);
    return () => {
      letGo();
      return kept;
    };
  }

  #withRun<T>(runId: string, act: () => Promise<T>): Promise<T> {
    return navigator.locks.request(runPrefix + runId, { ifAvailable: true }, (lock) => {
      if (!lock) throw runInUse();
      return act();
    });
  }
}

export const busy = () =>
  new StudioError('busy', 'Another run is training.', 'Stop it, or wait until it has finished.');

const otherTab = () =>
  new StudioError(
    'other-tab',
    'Another tab of the studio is training.',
    'Go to that tab, or stop the run there first.',
  );

const runInUse = () =>
  new StudioError(
    'run-active',
    'This run belongs to another tab of the studio: it trains or is paused there, or its adapter is not stored yet.',
    'Go to that tab and end it there first.',
  );
