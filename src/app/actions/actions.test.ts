/** The tables of actions, whole: what each is called, which keys it has, how it is reached. */
import { beforeAll, describe, expect, it } from 'vitest';
import { listedRun } from '../../../test/listed-run';
import type { AdapterSummary } from '../../protocol/types';
import { initialState, newLive, type StudioState } from '../store/state';
import { adapterActions } from './adapter-actions';
import { hold, pageActions, stop, train, undo } from './page-actions';
import { paletteEntries } from './palette-entries';
import { editRun, runActions } from './run-actions';
import { ariaKeys, isCharacter, isPressed, keysInWords, type PressedKey } from './shortcut';

const run = listedRun({ id: 'a', name: 'amber-heron-1', status: 'queued', canResume: true });
const adapter = { id: 'x', name: 'x-adapter', exports: { adapterhub: null } } as unknown as AdapterSummary;
/** With one of each, where nothing is hidden. */
const state: StudioState = { ...initialState, runs: [run], shownRuns: ['a'], adapters: [adapter] };

/** All of them, as the page has them: with what each is done to. */
const all = [
  ...pageActions.map((action) => ({ action, name: (s: StudioState) => action.name?.(s) ?? action.label(s) })),
  ...[...runActions, editRun].map((action) => ({
    action,
    name: (s: StudioState) => action.name?.(s, run) ?? action.label(s, run),
  })),
  ...adapterActions.map((action) => ({
    action,
    name: (s: StudioState) => action.name?.(s, adapter) ?? action.label(s, adapter),
  })),
];

const shortcuts = all.flatMap(({ action: { shortcut } }) => shortcut ?? []);

/** By Chrome, Firefox, Safari or Edge, and worth keeping for the person. */
const takenByBrowsers =
  "Mod+T Mod+N Mod+W Mod+L Mod+R Mod+F Mod+G Mod+P Mod+S Mod+D Mod+J Mod+O Mod+H Mod+U Mod+A Mod+C Mod+V Mod+X Mod+Q Mod+M Mod+E Mod+B Mod+I Mod+0 Mod+1 Mod+2 Mod+3 Mod+4 Mod++ Mod+- / ' Space Enter Escape Tab Backspace".split(
    ' ',
  );

describe('every action', () => {
  it('has an id and keys that no other has', () => {
    const ids = all.map(({ action }) => action.id);
    expect(new Set(ids).size).toBe(ids.length);
    const alike = shortcuts.map((shortcut) => shortcut.toLowerCase());
    expect(new Set(alike).size).toBe(alike.length);
  });

  it.each(all)('is called something, in every state: $action.id', ({ name }) => {
    const paused: StudioState = { ...state, live: { ...newLive('a'), status: 'paused' }, theme: 'dark' };
    for (const one of [initialState, state, paused]) expect(name(one)).toMatch(/^\p{Lu}.*[^.]$/u);
  });

  it('has keys that neither browsers nor screen readers take', () => {
    for (const shortcut of shortcuts) {
      expect(takenByBrowsers).not.toContain(shortcut);
      // One character, behind Control or Command or as it is typed. Alt opens menus, is a screen reader's own with Control, and types
      // characters on many keyboards; what a function key does is the browser's.
      expect(shortcut).toMatch(/^(Mod\+[A-Z]|Shift\+[A-Z]|[A-Z\d?])$/);
    }
    // What is left behind Control: the palette's is a convention of such pages, and all that Firefox and Chrome lose is their second
    // way to the search; undo is a page's own wherever nothing is typed.
    expect(shortcuts.filter((shortcut) => !isCharacter(shortcut))).toEqual(['Mod+Z', 'Mod+K']);
  });

  it('is offered by the palette, or says why not', () => {
    const inTables = { ...state, place: 'use' as const };
    const offered = new Set(
      [inTables, { ...inTables, runs: [{ ...run, status: 'finished' as const }] }].flatMap((one) =>
        paletteEntries(one, '').map(({ id }) => id.split(' ')[0]),
      ),
    );
    for (const { action } of all)
      expect(offered.has(action.id), action.id).toBe(action.notInPalette === undefined);
  });
});

describe('the palette', () => {
  it('finds by words, in any order, what belongs to every run', () => {
    const runs = [run, listedRun({ id: 'b', name: 'blue-crane-2' })];
    const texts = (search: string) =>
      paletteEntries({ ...state, runs, shownRuns: [] }, search).map(({ text }) => text);
    expect(texts('crane again')).toEqual(['Run again: blue-crane-2']);
    expect(texts('delete run')).toEqual(['Delete run blue-crane-2']);
    expect(texts('').some((text) => text.includes('crane'))).toBe(false);
    expect(texts('no such thing')).toEqual([]);
  });

  it('has what cannot be done last, with the reason', () => {
    const entries = paletteEntries(state, '');
    const first = entries.findIndex(({ blocked }) => blocked !== null);
    expect(entries.slice(first).every(({ blocked }) => blocked !== null)).toBe(true);
    expect(entries.find(({ id }) => id === 'pause-or-resume')?.blocked).toBe('Nothing is training.');
  });
});

describe('what keeps an action from being done', () => {
  it('is said in words that a person understands', () => {
    expect(train.blocked(state)).toBe('The studio is opening.');
    expect(undo.blocked(state)).toBe('Nothing is being deleted.');
    const live = (status: NonNullable<StudioState['live']>['status']): StudioState => ({
      ...state,
      live: { ...newLive('a'), status },
    });
    expect(hold.blocked(live('training'))).toBeNull();
    expect(hold.label(live('paused'))).toBe('Resume');
    expect(hold.blocked(live('pausing'))).toBe('The step under way ends first.');
    expect(stop.blocked(live('stopping'))).toBe('The step under way ends first.');
    expect(
      stop.blocked({ ...state, live: { ...newLive('a'), status: 'stopping', canEnd: true } }),
    ).toBeNull();
    expect(stop.blocked(live('finished'))).toBe('Nothing is training.');
  });
});

describe('a shortcut', () => {
  let none: PressedKey;
  beforeAll(() => {
    none = { key: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false };
  });

  it('is pressed with its own keys and no others', () => {
    expect(isPressed('T', { ...none, key: 't' }, false)).toBe(true);
    // Caps lock.
    expect(isPressed('T', { ...none, key: 'T' }, false)).toBe(true);
    expect(isPressed('T', { ...none, key: 't', ctrlKey: true }, false)).toBe(false);
    expect(isPressed('T', { ...none, key: 't', altKey: true }, false)).toBe(false);
    expect(isPressed('T', { ...none, key: 'T', shiftKey: true }, false)).toBe(false);
    expect(isPressed('Shift+S', { ...none, key: 'S', shiftKey: true }, false)).toBe(true);
    expect(isPressed('Shift+S', { ...none, key: 's' }, false)).toBe(false);
    // Shift types it on one keyboard, and not on another.
    for (const shiftKey of [true, false]) {
      expect(isPressed('?', { ...none, key: '?', shiftKey }, false)).toBe(true);
      expect(isPressed('1', { ...none, key: '1', shiftKey }, false)).toBe(true);
    }
  });

  it('is Command on a Mac, and Control elsewhere', () => {
    const control = { ...none, key: 'k', ctrlKey: true };
    const command = { ...none, key: 'k', metaKey: true };
    expect([control, command].map((key) => isPressed('Mod+K', key, true))).toEqual([false, true]);
    expect([control, command].map((key) => isPressed('Mod+K', key, false))).toEqual([true, false]);
    expect(keysInWords('Mod+K', true)).toEqual(['⌘', 'K']);
    expect(keysInWords('Shift+S', false)).toEqual(['Shift', 'S']);
    expect(ariaKeys('Mod+K', true)).toBe('Meta+K');
  });
});
