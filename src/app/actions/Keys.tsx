/** A shortcut as keys. */
import { keysInWords, type Shortcut } from './shortcut';

interface KeysProps {
  readonly shortcut: Shortcut;
  readonly isMac: boolean;
}

export const Keys = ({ shortcut, isMac }: KeysProps) => (
  <span className="keys">
    {keysInWords(shortcut, isMac).map((key) => (
      <kbd key={key}>{key}</kbd>
    ))}
  </span>
);
