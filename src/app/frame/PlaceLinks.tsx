/** The way to the four places. Plain links: they open in a tab of their own, and the browser keeps the history. */
import { placeIcon } from '../actions/page-actions';
import { useStudioState } from '../store/context';
import { addressOf } from './address';
import { type Place, places } from './places';

export function PlaceLinks() {
  return (
    <nav className="places" aria-label="Places">
      {(Object.keys(places) as Place[]).map((place) => (
        <PlaceLink key={place} place={place} />
      ))}
    </nav>
  );
}

function PlaceLink({ place }: { readonly place: Place }) {
  const isHere = useStudioState((s) => s.place === place);
  const address = useStudioState((s) => addressOf(s, place));
  const Icon = placeIcon(place);
  return (
    <a href={address} aria-current={isHere ? 'page' : undefined}>
      <Icon size={16} aria-hidden /> {places[place]}
    </a>
  );
}
