/** What the page itself tells the studio, and what the studio tells the window: hiding, leaving, the title. */
import { isUnderWay } from '../runs/life';
import { pageTitle } from './page-title';
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
  let ended: string | null = null;
  studio.store.subscribe((state, before) => {
    if (state.place !== before.place) ended = null;
    const { live } = state;
    if (isActive(before.live) && live && !isUnderWay(live.status)) ended = live.runId;
    const title = pageTitle(state, ended);
    if (document.title !== title) document.title = title;
  });
}
