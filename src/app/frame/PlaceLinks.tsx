/** The way to the four places. Plain links: they open in a tab of their own, and the browser keeps the history. */
import { ChartLine, Database, type LucideIcon, Play, Sparkles } from 'lucide-react';
import { useStudioState } from '../store/context';
import { addressOf } from './address';
import { type Place, places } from './places';

const icons: Readonly<Record<Place, LucideIcon>> = {
  data: Database,
  train: Play,
  compare: ChartLine,
  use: Sparkles,
};

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
  const Icon = icons[place];
  return (
    <a href={address} aria-current={isHere ? 'page' : undefined}>
      <Icon size={16} aria-hidden /> {places[place]}
    </a>
  );
}
