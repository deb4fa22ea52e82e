/** What a person can do to a run, one object an action: button, shortcut and test share it. */
import { formProblems } from '../store/form';
import { isActive, type StudioState } from '../store/state';
import type { Studio } from '../store/studio';

export interface Action {
  readonly label: string;
  /** As `aria-keyshortcuts` writes it. */
  readonly shortcut: string;
  isEnabled(state: StudioState): boolean;
  perform(studio: Studio): void;
}

export const trainAction: Action = {
  label: 'Train',
  shortcut: 'Control+Enter',
  isEnabled({ form, description, openError, live, pending }) {
    if (!form || !description || openError || isActive(live) || pending.includes('train')) return false;
    const method = description.methods.find(({ id }) => id === form.method);
    return formProblems(form, method).length === 0;
  },
  perform: (studio) => void studio.train(),
};

export const pauseAction: Action = {
  label: 'Pause',
  shortcut: 'Alt+P',
  isEnabled: ({ live }) => live?.status === 'training' || live?.status === 'preparing',
  perform: (studio) => void studio.pause(),
};

export const resumeAction: Action = {
  label: 'Resume',
  shortcut: 'Alt+P',
  isEnabled: ({ live }) => live?.status === 'paused',
  perform(studio) {
    const { live } = studio.store.getState();
    if (live) void studio.resume(live.runId);
  },
};

export const stopAction: Action = {
  label: 'Stop',
  shortcut: 'Alt+S',
  isEnabled: ({ live }) => isActive(live) && live.status !== 'stopping',
  perform: (studio) => void studio.stop(),
};

const runActions: readonly Action[] = [trainAction, pauseAction, resumeAction, stopAction];

type Keys = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>;

/** The enabled action of a key press, if there is one. ⌘ counts as Control; Alt+letter goes by the key's place, since
 *  macOS types other characters with it. */
export function actionOf(keys: Keys, state: StudioState): Action | undefined {
  return runActions.find(({ shortcut, isEnabled }) => matches(keys, shortcut) && isEnabled(state));
}

function matches({ key, code, ctrlKey, metaKey, altKey, shiftKey }: Keys, shortcut: string): boolean {
  const parts = shortcut.split('+');
  const name = parts.at(-1)!;
  if (shiftKey || (ctrlKey || metaKey) !== parts.includes('Control') || altKey !== parts.includes('Alt'))
    return false;
  return key === name || code === `Key${name}`;
}
