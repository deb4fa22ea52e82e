/** Only one tab trains at a time: a Web Lock, held while a run is active. */
import { StudioError } from '../errors';

const lockName = 'adapter-studio-trainer';

export class TrainerLock {
  #release: (() => void) | null = null;

  /** True where no tab trains, this one included. */
  async isFree(): Promise<boolean> {
    const { held } = await navigator.locks.query();
    return !held?.some((lock) => lock.name === lockName);
  }

  /** Throws `other-tab` where another tab holds it. */
  take(): Promise<void> {
    return new Promise((taken, refused) => {
      void navigator.locks.request(lockName, { ifAvailable: true }, (lock) => {
        if (!lock) {
          refused(
            new StudioError(
              'other-tab',
              'Another tab of the studio is training.',
              'Go to that tab, or stop the run there first.',
            ),
          );
          return undefined;
        }
        taken();
        return new Promise<void>((release) => {
          this.#release = release;
        });
      });
    });
  }

  release(): void {
    this.#release?.();
    this.#release = null;
  }
}
