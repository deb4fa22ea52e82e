/** All actions in one list, found by a few letters. */
import { Autocomplete } from '@base-ui/react/autocomplete';
import { Dialog } from '@base-ui/react/dialog';
import { Check } from 'lucide-react';
import { useRef, useState } from 'react';
import { useStudio, useStudioState } from '../store/context';
import { actionGroups } from './action';
import { isMac } from './follow-keys';
import { Keys } from './Keys';
import { mostEntries, type PaletteEntry, paletteEntries } from './palette-entries';
import './dialogs.css';

export default function Palette() {
  const studio = useStudio();
  const state = useStudioState((s) => s);
  const [search, setSearch] = useState('');
  const [isOpen, setIsOpen] = useState(true);
  const chosen = useRef<PaletteEntry | null>(null);
  const found = paletteEntries(state, search);
  const entries = found.slice(0, mostEntries);
  const choose = (entry: PaletteEntry) => {
    chosen.current = entry;
    setIsOpen(false);
  };
  return (
    <Dialog.Root
      open={isOpen}
      onOpenChange={setIsOpen}
      onOpenChangeComplete={(open) => {
        if (open) return;
        studio.openOverlay(null);
        // The focus is back where it was: what is done may take it elsewhere.
        chosen.current?.perform(studio);
      }}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="overlay" />
        <Dialog.Popup className="dialog palette" aria-label="Commands">
          <Autocomplete.Root
            inline
            open
            mode="none"
            items={entries}
            itemToStringValue={({ text }) => text}
            value={search}
            onValueChange={setSearch}
            autoHighlight="always"
            keepHighlight
          >
            <Autocomplete.Input
              className="palette-search"
              aria-label="Search commands"
              placeholder="What do you want to do?"
            />
            <Autocomplete.List className="palette-list" aria-label="Commands">
              {(entry: PaletteEntry) => (
                <Autocomplete.Item
                  key={entry.id}
                  className="palette-entry"
                  value={entry}
                  disabled={entry.blocked !== null}
                  onClick={() => choose(entry)}
                >
                  <Entry entry={entry} />
                </Autocomplete.Item>
              )}
            </Autocomplete.List>
          </Autocomplete.Root>
          <div className="palette-foot">
            {/* Not the library's, which has the role that the run's state has alone. */}
            <span className="muted" aria-live="polite">
              {found.length === 0 && 'No command is called so.'}
              {found.length > entries.length &&
                `${found.length - entries.length} more: another word finds them.`}
            </span>
            <Dialog.Close className="button small">Close</Dialog.Close>
          </div>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

function Entry({
  entry: { icon: Icon, text, group, isOn, blocked, shortcut },
}: {
  readonly entry: PaletteEntry;
}) {
  return (
    <>
      <Icon size={15} aria-hidden />
      <span className="palette-text">
        {text} {blocked && <span className="muted">{blocked}</span>}
      </span>
      {isOn && (
        <span className="palette-on">
          <Check size={14} aria-hidden /> <span className="visually-hidden">on</span>
        </span>
      )}
      <span className="muted palette-group">{actionGroups[group]}</span>
      {shortcut && <Keys shortcut={shortcut} isMac={isMac()} />}
    </>
  );
}
