/** A notification of the system that tells the end of a run of this tab while nobody looks at it, if the person wants that. */
import { isUnderWay, next, wordOf } from '../runs/life';
import { timesOf, totalSeconds } from '../runs/times';
import { formatDuration, formatMainMetric } from './format';
import { isHere, type StudioState } from './store/state';
import type { Studio } from './store/studio';

/** `missing` where the browser has none. */
export const noticePermission = (): NotificationPermission | 'missing' =>
  'Notification' in globalThis ? Notification.permission : 'missing';

/** The one place that asks for permission: on the click that says that notifications are wanted. */
export async function chooseNotices(studio: Studio, wanted: boolean): Promise<void> {
  const isAllowed = wanted && (await Notification.requestPermission()) === 'granted';
  studio.chooseWhileTraining({ notify: isAllowed });
}

export interface Notice {
  readonly title: string;
  readonly body: string;
  /** Of several with the same one the system shows the last. */
  readonly tag: string;
}

/** Null where nothing of this tab has ended, or the person ended it. */
function noticeOf(state: StudioState, before: StudioState): Notice | null {
  const { live, runs } = state;
  const run = runs.find(({ id }) => id === live?.runId);
  if (!live || !run || !isHere(before.live) || before.live.runId !== live.runId) return null;
  if (isUnderWay(live.status) || next(live.status, 'store') === 'stopped') return null;
  const { results, error, dataset } = run;
  const figures = results
    ? `${formatMainMetric(dataset.task, results.evalMetrics)} after ${formatDuration(totalSeconds(timesOf(run)))}`
    : '';
  return { title: `${wordOf(live.status)}: ${run.name}`, body: error?.message ?? figures, tag: run.id };
}

export function watchEnds(
  { store }: Pick<Studio, 'store'>,
  page: Pick<Document, 'visibilityState'> = document,
  show: (notice: Notice) => void = showNotice,
): void {
  store.subscribe((state, before) => {
    if (!state.whileTraining.notify || page.visibilityState !== 'hidden' || state.live === before.live)
      return;
    const notice = noticeOf(state, before);
    if (notice) show(notice);
  });
}

function showNotice({ title, ...options }: Notice): void {
  const icon = `${import.meta.env.BASE_URL}favicon.svg`;
  try {
    const shown = new Notification(title, { ...options, icon });
    shown.addEventListener('click', () => {
      window.focus();
      shown.close();
    });
  } catch {
    // Chrome on Android has them from service workers only.
    void navigator.serviceWorker
      ?.getRegistration()
      .then((registration) => registration?.showNotification(title, { ...options, icon }));
  }
}
