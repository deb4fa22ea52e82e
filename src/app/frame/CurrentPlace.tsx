/**
 * The place where the person is, under its heading, which gets the focus when the place changes,
 * unless an action asks for it to be elsewhere.
 */
import { type ComponentType, lazy, Suspense, useEffect, useRef } from 'react';
import { useStudio, useStudioState } from '../store/context';
import { ComparePlace } from './ComparePlace';
import { DataPlace } from './DataPlace';
import { type Place, placeHeadingId, places } from './places';
import { TrainPlace } from './TrainPlace';

/** Looked at when something is trained: what it takes is loaded then. */
const UsePlace = lazy(() => import('./UsePlace'));

const contents: Readonly<Record<Place, ComponentType>> = {
  data: DataPlace,
  train: TrainPlace,
  compare: ComparePlace,
  use: UsePlace,
};

export function CurrentPlace() {
  const studio = useStudio();
  const place = useStudioState((s) => s.place);
  const focusAsked = useStudioState((s) => s.focusAsked);
  const heading = useRef<HTMLHeadingElement>(null);
  const last = useRef(place);
  useEffect(() => {
    // The page that opens leaves the focus where the browser puts it.
    if (last.current === place && focusAsked === null) return;
    const asked = focusAsked === null ? null : document.getElementById(focusAsked);
    (asked ?? heading.current)?.focus({ preventScroll: asked === null });
    if (last.current !== place && asked === null) window.scrollTo(0, 0);
    last.current = place;
    if (focusAsked !== null) studio.focusGiven();
  }, [place, focusAsked, studio]);
  const Content = contents[place];
  return (
    <main className="place">
      <h1 ref={heading} id={placeHeadingId} tabIndex={-1}>
        {places[place]}
      </h1>
      <Suspense>
        <Content />
      </Suspense>
    </main>
  );
}
