/** The window's title: how the run goes, to be seen from other tabs and windows; else the place. */
import { isUnderWay, wordOf } from '../runs/life';
import { places } from './frame/places';
import type { StudioState } from './store/state';

/** `ended` is the run whose end is told: until the person goes on. */
export function pageTitle(
  { live, place, runs }: Pick<StudioState, 'live' | 'place' | 'runs'>,
  ended: string | null,
): string {
  const words = (): string => {
    if (live && isUnderWay(live.status)) {
      const { progress, status } = live;
      const share = progress && Math.floor((100 * progress.step) / Math.max(1, progress.totalSteps));
      return share === null ? wordOf(status) : `${share} % · ${wordOf(status)}`;
    }
    const run = live && ended === live.runId && runs.find(({ id }) => id === ended);
    return run ? `${wordOf(live.status)}: ${run.name}` : places[place];
  };
  return `${words()} – Adapter Studio`;
}
