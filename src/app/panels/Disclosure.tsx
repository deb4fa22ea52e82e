/** What is one step further: opened by a click on its title, and open again after a look at another place. */
import { ChevronRight } from 'lucide-react';
import type { ReactNode } from 'react';
import { useDraft } from '../store/use-draft';

interface DisclosureProps {
  readonly title: string;
  /** As a function what is shown is made, and asks for what it shows, only while it is open. */
  readonly children: ReactNode | (() => ReactNode);
}

export function Disclosure({ title, children }: DisclosureProps) {
  const [isOpen, setIsOpen] = useDraft(`open ${title}`, false);
  return (
    <details
      className="disclosure"
      open={isOpen}
      onToggle={({ currentTarget }) => setIsOpen(currentTarget.open)}
    >
      <summary>
        <ChevronRight size={14} aria-hidden /> {title}
      </summary>
      {typeof children === 'function' ? isOpen && children() : children}
    </details>
  );
}
