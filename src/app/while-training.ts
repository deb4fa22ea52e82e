/** What a person wants of the browser while a run trains: kept in this browser, off until it is asked for. */
import { noticePermission } from './run-notice';
import type { Studio } from './store/studio';

export interface WhileTraining {
  /** A notification tells the end of a run where nobody looks at the page. */
  readonly notify: boolean;
  /** The screen does not turn off. */
  readonly awake: boolean;
}

const key = 'adapter-studio-while-training';

/** A permission that was taken back since counts as a choice that was never made. */
export function keptWhileTraining(): WhileTraining {
  let kept: unknown = null;
  try {
    kept = JSON.parse(localStorage.getItem(key) ?? 'null');
  } catch {
    // Nothing that can be read: nothing was chosen.
  }
  const { notify = false, awake = false } = (kept ?? {}) as Readonly<Record<string, unknown>>;
  return { notify: notify === true && noticePermission() === 'granted', awake: awake === true };
}

export function keepWhileTraining({ store }: Studio): void {
  store.subscribe(({ whileTraining }, before) => {
    if (whileTraining === before.whileTraining) return;
    try {
      localStorage.setItem(key, JSON.stringify(whileTraining));
    } catch {
      // A private window without storage: the choice is as long as the page.
    }
  });
}
