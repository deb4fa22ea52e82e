/** What the page itself tells the studio, and what the studio tells the window: hiding, leaving, the title. */
import { places } from './frame/places';
import { isActive, isUnsafeToLeave } from './store/state';
import type { Studio } from './store/studio';

export function watchPage(studio: Studio): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') studio.checkpoint();
    else studio.lookAgain();
  });
  window.addEventListener('beforeunload', (event) => {
    // The run can be resumed, but the person may not have meant to leave it, or an adapter that is nowhere else.
    if (isUnsafeToLeave(studio.store.getState())) event.preventDefault();
  });
  studio.store.subscribe(({ live, place }) => {
    const progress = isActive(live) && live.progress ? live.progress : null;
    const share = progress
      ? `${Math.floor((100 * progress.step) / Math.max(1, progress.totalSteps))} % · `
      : '';
    const title = `${share}${places[place]} · Adapter Studio`;
    if (document.title !== title) document.title = title;
  });
}
