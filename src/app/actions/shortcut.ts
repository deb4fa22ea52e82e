/** Keys as actions name them, and how a keyboard gives and a person reads them. Pure functions. */

/**
 * As `Mod+K`, `Shift+S`, `T`, `?`: a character, at most behind one of `Mod` (Control, and Command on a Mac) and `Shift`, which is named
 * for letters alone: where other characters lie differs from keyboard to keyboard.
 */
export type Shortcut = string;

export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly shiftKey: boolean;
  readonly altKey: boolean;
}

/** It is typed as text is, so it does nothing where one types, and can be turned off (WCAG 2.1.4). */
export const isCharacter = (shortcut: Shortcut): boolean => !shortcut.startsWith('Mod+');

export function isPressed(shortcut: Shortcut, pressed: PressedKey, isMac: boolean): boolean {
  const { key, shift } = partsOf(shortcut);
  const [mod, other] = isMac ? [pressed.metaKey, pressed.ctrlKey] : [pressed.ctrlKey, pressed.metaKey];
  const isLetter = key.toLowerCase() !== key.toUpperCase();
  return (
    pressed.key.toLowerCase() === key.toLowerCase() &&
    mod === !isCharacter(shortcut) &&
    !other &&
    !pressed.altKey &&
    (!isLetter || pressed.shiftKey === shift)
  );
}

/** As keyboards have it on their keys. */
export function keysInWords(shortcut: Shortcut, isMac: boolean): readonly string[] {
  const { key, shift } = partsOf(shortcut);
  const mod = isMac ? '⌘' : 'Ctrl';
  return [...(isCharacter(shortcut) ? [] : [mod]), ...(shift ? ['Shift'] : []), key];
}

/** For `aria-keyshortcuts`. */
export const ariaKeys = (shortcut: Shortcut, isMac: boolean): string =>
  shortcut.replace('Mod', isMac ? 'Meta' : 'Control');

function partsOf(shortcut: Shortcut): { readonly key: string; readonly shift: boolean } {
  const parts = shortcut.split('+');
  return { key: parts.at(-1)!, shift: parts.includes('Shift') };
}
