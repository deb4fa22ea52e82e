/** All shortcuts, by group, and the choice to do without those of a single key. */
import { Dialog } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import { useState } from 'react';
import { CheckField } from '../panels/fields';
import { useStudio, useStudioState } from '../store/context';
import { type ActionGroup, actionGroups, perform } from './action';
import { isMac } from './follow-keys';
import { Keys } from './Keys';
import { characterKeys, pageActions } from './page-actions';
import './dialogs.css';

export default function ShortcutSheet() {
  const studio = useStudio();
  const state = useStudioState((s) => s);
  const [isOpen, setIsOpen] = useState(true);
  const withKeys = pageActions.filter(({ shortcut }) => shortcut !== undefined);
  const groups = (Object.keys(actionGroups) as ActionGroup[]).map((group) => ({
    group,
    actions: withKeys.filter((action) => action.group === group),
  }));
  return (
    <Dialog.Root
      open={isOpen}
      onOpenChange={setIsOpen}
      onOpenChangeComplete={(open) => {
        if (!open) studio.openOverlay(null);
      }}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="overlay" />
        <Dialog.Popup className="dialog">
          <div className="dialog-head">
            <Dialog.Title>Keyboard shortcuts</Dialog.Title>
            <Dialog.Close className="icon-button" aria-label="Close the shortcuts">
              <X size={16} aria-hidden />
            </Dialog.Close>
          </div>
          <div className="shortcut-groups">
            {groups
              .filter(({ actions }) => actions.length > 0)
              .map(({ group, actions }) => (
                <section key={group} aria-label={actionGroups[group]}>
                  <h3>{actionGroups[group]}</h3>
                  <dl>
                    {actions.map((action) => (
                      <div key={action.id}>
                        <dt>{action.label(state)}</dt>
                        <dd>
                          <Keys shortcut={action.shortcut!} isMac={isMac()} />
                        </dd>
                      </div>
                    ))}
                  </dl>
                </section>
              ))}
          </div>
          <CheckField
            label={characterKeys.label(state)}
            checked={state.characterKeys}
            onChange={() => perform(characterKeys, studio, undefined)}
          />
          <p className="field-help">
            They do nothing while you type in a field. A screen reader that moves by single letters has them
            first; the palette offers the same.
          </p>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
