/** A link from within a place to another one, with all that is looked at. */
import type { ReactNode } from 'react';
import { useStudioState } from '../store/context';
import { addressOf } from './address';
import type { Place } from './places';

interface LinkToProps {
  readonly place: Place;
  readonly className?: string;
  readonly children: ReactNode;
}

export function LinkTo({ place, className, children }: LinkToProps) {
  const address = useStudioState((s) => addressOf(s, place));
  return (
    <a href={address} className={className}>
      {children}
    </a>
  );
}
