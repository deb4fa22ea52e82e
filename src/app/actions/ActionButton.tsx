/** The button of an action. One that cannot be done now keeps the focus, says why, and does nothing. */
import type { LucideIcon } from 'lucide-react';
import type { Ref } from 'react';
import { useStudio, useStudioState } from '../store/context';
import { type Action, helpOf, perform } from './action';
import { isMac } from './follow-keys';
import { ariaKeys } from './shortcut';

interface ActionButtonProps<Of> {
  readonly action: Action<Of>;
  /** What it is done to. */
  readonly of: Of;
  /** `icon` shows nothing else. */
  readonly look?: 'icon' | 'small' | 'usual' | 'large' | 'primary large';
  /** Instead of the action's own. */
  readonly icon?: LucideIcon;
  /** Of the icon, in pixels. */
  readonly size?: number;
  readonly id?: string;
  readonly ref?: Ref<HTMLButtonElement>;
  /** Of one that opens something. */
  readonly isExpanded?: boolean;
  readonly opensDialog?: boolean;
  /** Something else is being waited for. */
  readonly isBusy?: boolean;
}

export function ActionButton<Of>({
  action,
  of,
  look = 'usual',
  icon: Icon = action.icon,
  size = look === 'small' ? 13 : 16,
  id,
  ref,
  isExpanded,
  opensDialog = false,
  isBusy = false,
}: ActionButtonProps<Of>) {
  const studio = useStudio();
  const label = useStudioState((s) => action.label(s, of));
  const name = useStudioState((s) => action.name?.(s, of));
  const help = useStudioState((s) => helpOf(action, s, of));
  const reason = useStudioState((s) => action.blocked(s, of));
  const isIcon = look === 'icon';
  return (
    <button
      ref={ref}
      id={id}
      type="button"
      className={isIcon ? 'icon-button' : `button ${look}`}
      aria-label={name ?? (isIcon ? label : undefined)}
      aria-disabled={reason !== null || isBusy || undefined}
      aria-haspopup={opensDialog ? 'dialog' : undefined}
      aria-expanded={isExpanded}
      aria-keyshortcuts={action.shortcut && ariaKeys(action.shortcut, isMac())}
      title={reason ?? help ?? (isIcon ? label : undefined)}
      onClick={() => {
        if (reason === null && !isBusy) perform(action, studio, of);
      }}
    >
      <Icon size={size} aria-hidden /> {!isIcon && label}
    </button>
  );
}
