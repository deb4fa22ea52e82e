/** A button with a small panel below it, which closes on Escape, on a click beside it and when the focus leaves it. */
import { ChevronDown, type LucideIcon } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';

interface MenuProps {
  readonly label: string;
  readonly icon: LucideIcon;
  /** Is told how to close it. */
  readonly children: (close: () => void) => ReactNode;
}

export function Menu({ label, icon: Icon, children }: MenuProps) {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const closeBeside = (event: Event) => {
      if (!(event.target instanceof Node && root.current?.contains(event.target))) setIsOpen(false);
    };
    document.addEventListener('pointerdown', closeBeside);
    document.addEventListener('focusin', closeBeside);
    return () => {
      document.removeEventListener('pointerdown', closeBeside);
      document.removeEventListener('focusin', closeBeside);
    };
  }, [isOpen]);
  const close = () => {
    setIsOpen(false);
    button.current?.focus();
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes it from wherever the focus is in it
    <div
      className="menu"
      ref={root}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && isOpen) close();
      }}
    >
      <button
        type="button"
        className="button small"
        ref={button}
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
      >
        <Icon size={13} aria-hidden /> {label} <ChevronDown size={12} aria-hidden />
      </button>
      {isOpen && (
        <div className="menu-panel" id={id}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
