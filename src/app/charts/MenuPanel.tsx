/** What floats below a menu's button: it closes on Escape, on a click beside it and when the focus leaves it. */
import { Popover } from '@base-ui/react/popover';
import type { ReactNode, RefObject } from 'react';

interface MenuPanelProps {
  readonly name: string;
  readonly button: RefObject<HTMLButtonElement | null>;
  readonly box: RefObject<HTMLElement | null>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

export default function MenuPanel({ name, button, box, onClose, children }: MenuPanelProps) {
  return (
    <Popover.Root
      open
      onOpenChange={(_, { event, cancel }) => {
        // The button closes it itself.
        if (event.target instanceof Node && button.current?.contains(event.target)) cancel();
        else onClose();
      }}
    >
      <Popover.Portal container={box}>
        <Popover.Positioner className="menu-place" anchor={button} align="end" sideOffset={4}>
          <Popover.Popup className="menu-panel" aria-label={name} finalFocus={button}>
            {children}
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
