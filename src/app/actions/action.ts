/**
 * What a person can do, as objects: buttons, menus, the palette and the keyboard read label, reason and effect from the same one.
 * The tables are in `page-actions.ts`, `run-actions.ts` and `adapter-actions.ts`.
 */
import type { LucideIcon } from 'lucide-react';
import type { StudioState } from '../store/state';
import type { Studio } from '../store/studio';
import type { Shortcut } from './shortcut';

/** Headings of the palette and of the sheet of shortcuts, in their order. */
export const actionGroups = {
  go: 'Go to',
  training: 'Training',
  runs: 'Runs',
  charts: 'Charts',
  adapters: 'Adapters',
  studio: 'The studio',
} as const;

export type ActionGroup = keyof typeof actionGroups;

/** `Of` is what it is done to, as a run; void for one of the page. */
export interface Action<Of = void> {
  readonly id: string;
  readonly group: ActionGroup;
  readonly icon: LucideIcon;
  /** In few words, as on a button. */
  readonly label: (state: StudioState, of: Of) => string;
  /** That names what it is done to as well, where the label of its button does not: as an icon's accessible name. */
  readonly name?: (state: StudioState, of: Of) => string;
  /** What it does, in a sentence without an end. */
  readonly help?: string | ((state: StudioState, of: Of) => string);
  readonly shortcut?: Shortcut;
  /** It is there at all; one that is not has no button either. */
  readonly isOffered?: (state: StudioState, of: Of) => boolean;
  /** Why it cannot be done now, in words; null where it can. */
  readonly blocked: (state: StudioState, of: Of) => string | null;
  /** Of one that turns something on and off. */
  readonly isOn?: (state: StudioState, of: Of) => boolean;
  /** Why the palette does not offer it. */
  readonly notInPalette?: string;
  readonly perform: (studio: Studio, of: Of) => void;
}

export const free = (): null => null;

export const isOffered = <Of>(action: Action<Of>, state: StudioState, of: Of): boolean =>
  action.isOffered?.(state, of) ?? true;

export function helpOf<Of>({ help }: Action<Of>, state: StudioState, of: Of): string | undefined {
  return typeof help === 'function' ? help(state, of) : help;
}

/** Does it, or says why not. */
export function perform<Of>(action: Action<Of>, studio: Studio, of: Of): void {
  const state = studio.store.getState();
  const reason = action.blocked(state, of);
  if (reason === null) action.perform(studio, of);
  else studio.say(`${action.label(state, of)}: ${reason}`);
}
