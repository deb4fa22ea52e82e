/**
 * Keeps the screen on while a run trains and the page is looked at, if the person wants it. The browser takes the lock back whenever
 * the page is hidden, and may refuse it, as where a battery is low; the page says so.
 */
import { isActive, type StudioState } from './store/state';
import type { Studio } from './store/studio';

interface SeenPage {
  readonly visibilityState: DocumentVisibilityState;
  addEventListener(type: 'visibilitychange', listener: () => void): void;
}

export const canStayAwake = (): boolean => 'wakeLock' in navigator;

/** A run that is held still needs no light. */
const isWanted = ({ whileTraining, live }: StudioState, page: SeenPage): boolean =>
  whileTraining.awake && isActive(live) && live.status !== 'paused' && page.visibilityState === 'visible';

export function keepAwake(
  studio: Pick<Studio, 'store' | 'noteAwake'>,
  page: SeenPage = document,
  screen: Pick<WakeLock, 'request'> = navigator.wakeLock,
): void {
  const { store } = studio;
  let lock: WakeLockSentinel | null = null;
  let isAsking = false;
  const look = async (): Promise<void> => {
    if (isAsking || isWanted(store.getState(), page) === (lock !== null)) return;
    if (lock) {
      const held = lock;
      lock = null;
      await held.release();
      return;
    }
    isAsking = true;
    try {
      const given = await screen.request('screen');
      lock = given;
      given.addEventListener('release', () => {
        if (lock === given) lock = null;
      });
      studio.noteAwake('held');
    } catch {
      studio.noteAwake('refused');
      return;
    } finally {
      isAsking = false;
    }
    // It may have ended, or been paused, while it was asked for.
    await look();
  };
  store.subscribe((state, before) => {
    const isSame = state.whileTraining === before.whileTraining && state.live?.status === before.live?.status;
    if (!isSame) void look();
  });
  page.addEventListener('visibilitychange', () => void look());
}
