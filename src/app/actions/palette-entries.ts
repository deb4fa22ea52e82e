/** What the palette offers: the actions of all tables, those of runs and adapters once for each. Pure functions. */
import { withoutDeleted } from '../store/deletions';
import type { StudioState } from '../store/state';
import type { Studio } from '../store/studio';
import { type Action, type ActionGroup, actionGroups, isOffered, perform } from './action';
import { adapterActions } from './adapter-actions';
import { pageActions } from './page-actions';
import { runActions } from './run-actions';
import type { Shortcut } from './shortcut';

export interface PaletteEntry {
  readonly id: string;
  readonly group: ActionGroup;
  readonly icon: Action['icon'];
  readonly text: string;
  readonly shortcut: Shortcut | undefined;
  readonly blocked: string | null;
  /** Null of one that is not turned on and off. */
  readonly isOn: boolean | null;
  readonly perform: (studio: Studio) => void;
}

/** More are not read; what is searched for comes up with another word. */
export const mostEntries = 60;

const idOf = ({ id }: { readonly id: string }) => id;

/**
 * Those that have every word of the search, in the order of the tables, what cannot be done last. Without a search those of runs that
 * are on the charts, and of no others.
 */
export function paletteEntries(state: StudioState, search: string): readonly PaletteEntry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const { deletions, shownRuns } = state;
  const runs = withoutDeleted(state.runs, deletions, 'run', idOf);
  const searched = words.length > 0 ? runs : runs.filter(({ id }) => shownRuns.includes(id));
  const adapters = withoutDeleted(state.adapters, deletions, 'adapter', idOf);
  const entries = [
    ...entriesOf<void>(pageActions, state, [undefined], () => null),
    ...entriesOf(runActions, state, searched, (run) => run),
    ...entriesOf(adapterActions, state, words.length > 0 ? adapters : adapters.slice(0, 1), (one) => one),
  ].filter(({ text, group }) => {
    const within = `${actionGroups[group]} ${text}`.toLowerCase();
    return words.every((word) => within.includes(word));
  });
  const can = entries.filter(({ blocked }) => blocked === null);
  const cannot = entries.filter(({ blocked }) => blocked !== null);
  return [...can, ...cannot];
}

type Named = { readonly id: string; readonly name: string };

/** `named` is null for what is done to the page. */
function entriesOf<Of>(
  actions: readonly Action<Of>[],
  state: StudioState,
  subjects: readonly Of[],
  named: (of: Of) => Named | null,
): readonly PaletteEntry[] {
  return subjects.flatMap((of) => {
    const subject = named(of);
    return actions
      .filter((action) => action.notInPalette === undefined && isOffered(action, state, of))
      .map((action) => {
        const label = action.label(state, of);
        return {
          id: subject ? `${action.id} ${subject.id}` : action.id,
          group: action.group,
          icon: action.icon,
          text: action.name?.(state, of) ?? (subject ? `${label}: ${subject.name}` : label),
          shortcut: action.shortcut,
          blocked: action.blocked(state, of),
          isOn: action.isOn?.(state, of) ?? null,
          perform: (studio: Studio) => perform(action, studio, of),
        };
      });
  });
}
