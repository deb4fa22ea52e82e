/** The keyboard's way to the actions: wherever the focus is, but where one types. */
import type { Studio } from '../store/studio';
import { perform } from './action';
import { openPalette, pageActions } from './page-actions';
import { isCharacter, isPressed } from './shortcut';

export const isMac = (): boolean => /^(Mac|iP)/.test(navigator.platform);

/** Fields whose own keys these are: what is typed, and the letters by which a select chooses. */
const typedInto =
  'textarea, select, [contenteditable], input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"], [type="range"], [type="file"])';

export function followKeys(studio: Studio): void {
  window.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const { overlay, characterKeys } = studio.store.getState();
    // What lies over the page has the keys.
    if (overlay !== null) return;
    const pressed = pageActions.find(({ shortcut }) => shortcut && isPressed(shortcut, event, isMac()));
    if (!pressed?.shortcut) return;
    const isTyping = event.target instanceof Element && event.target.closest(typedInto) !== null;
    // The palette's keys type nothing.
    if (isTyping && pressed !== openPalette) return;
    // A key that is held down would pause and resume many times a second.
    if (isCharacter(pressed.shortcut) && (event.repeat || !characterKeys)) return;
    event.preventDefault();
    perform(pressed, studio, undefined);
  });
}

const key = 'adapter-studio-character-keys';

/** The choice to do without shortcuts of one character, kept in this browser. */
export function keepCharacterKeys(studio: Studio): void {
  studio.listenToCharacters(localStorage.getItem(key) !== 'off');
  studio.store.subscribe(({ characterKeys }, before) => {
    if (characterKeys !== before.characterKeys) localStorage.setItem(key, characterKeys ? 'on' : 'off');
  });
}
