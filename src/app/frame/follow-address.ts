/** Keeps the page's address and its state alike: a place is a step of the history, what is looked at there is not. */
import { initialState, type StudioState } from '../store/state';
import type { Studio } from '../store/studio';
import { addressOf, placeOf, withAddress } from './address';

/** Browsers refuse more than about a hundred changes in half a minute; a slider makes as many in two seconds. */
const restMs = 350;

const inAddress = ({
  place,
  chart,
  runView,
  shownRuns,
  askedRuns,
  runs,
}: StudioState): readonly unknown[] => [place, chart, runView, shownRuns, askedRuns, runs[0]?.id];

export function followAddress({ store }: Studio): void {
  let resting: ReturnType<typeof setTimeout> | null = null;
  const read = () => store.setState((state) => withAddress(state, location.hash));
  const write = () => {
    const state = store.getState();
    const address = addressOf(state);
    // On the way to another place the address is ahead of the state.
    if (placeOf(location.hash) !== state.place) return;
    // The page as it opens needs no address.
    if (address !== (location.hash || addressOf(initialState))) history.replaceState(null, '', address);
  };
  read();
  addEventListener('hashchange', read);
  store.subscribe((state, before) => {
    const then = inAddress(before);
    if (inAddress(state).every((part, i) => part === then[i])) return;
    if (state.place !== before.place && placeOf(location.hash) !== state.place) {
      history.pushState(null, '', addressOf(state));
      return;
    }
    if (resting !== null) return;
    write();
    resting = setTimeout(() => {
      resting = null;
      write();
    }, restMs);
  });
}
