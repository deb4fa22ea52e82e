/** The button of an action with a small panel below it. What floats is loaded when it first opens. */
import { ChevronDown } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useRef } from 'react';
import { type Action, helpOf } from '../actions/action';
import { isMac } from '../actions/follow-keys';
import { ariaKeys } from '../actions/shortcut';
import { useStudio, useStudioState } from '../store/context';
import type { ChartMenu } from '../store/state';

const MenuPanel = lazy(() => import('./MenuPanel'));

interface MenuProps {
  readonly id: ChartMenu;
  readonly action: Action;
  /** Is told how to close it. */
  readonly children: (close: () => void) => ReactNode;
}

export function Menu({ id, action, children }: MenuProps) {
  const { icon: Icon, label, shortcut } = action;
  const studio = useStudio();
  const isOpen = useStudioState((s) => s.openMenu === id);
  const name = useStudioState(label);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => studio.openMenu(null);
  return (
    <div className="menu" ref={box}>
      <button
        type="button"
        className="button small"
        ref={button}
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        aria-keyshortcuts={shortcut && ariaKeys(shortcut, isMac())}
        title={useStudioState((s) => helpOf(action, s, undefined))}
        onClick={() => studio.openMenu(isOpen ? null : id)}
      >
        <Icon size={13} aria-hidden /> {name} <ChevronDown size={12} aria-hidden />
      </button>
      {isOpen && (
        <Suspense>
          <MenuPanel name={name} button={button} box={box} onClose={close}>
            {children(close)}
          </MenuPanel>
        </Suspense>
      )}
    </div>
  );
}
