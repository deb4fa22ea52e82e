/** A button whose work takes a while: it does nothing meanwhile, and keeps the focus, which a disabled one would lose. */
import type { ComponentProps } from 'react';

interface BusyButtonProps extends ComponentProps<'button'> {
  readonly isBusy: boolean;
}

export function BusyButton({ isBusy, onClick, type = 'button', ...others }: BusyButtonProps) {
  return (
    <button
      {...others}
      type={type}
      aria-disabled={isBusy || undefined}
      onClick={isBusy ? (event) => event.preventDefault() : onClick}
    />
  );
}
