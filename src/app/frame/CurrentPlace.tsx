/** The place where the person is, under its heading, which gets the focus when the place changes. */
import { type ReactNode, useEffect, useRef } from 'react';
import { useStudioState } from '../store/context';
import { ComparePlace } from './ComparePlace';
import { DataPlace } from './DataPlace';
import { type Place, places } from './places';
import { TrainPlace } from './TrainPlace';
import { UsePlace } from './UsePlace';

const contents: Readonly<Record<Place, () => ReactNode>> = {
  data: DataPlace,
  train: TrainPlace,
  compare: ComparePlace,
  use: UsePlace,
};

export function CurrentPlace() {
  const place = useStudioState((s) => s.place);
  const heading = useRef<HTMLHeadingElement>(null);
  const last = useRef(place);
  useEffect(() => {
    // The page that opens leaves the focus where the browser puts it.
    if (last.current === place) return;
    last.current = place;
    heading.current?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [place]);
  const Content = contents[place];
  return (
    <main className="place">
      <h1 ref={heading} tabIndex={-1}>
        {places[place]}
      </h1>
      <Content />
    </main>
  );
}
