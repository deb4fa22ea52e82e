/**
 * What of the page's state stands in its address, behind the `#`: the place, and what is looked at. So it works on any static
 * host, below any path, beside the query. Pure functions.
 */
import { measureIds } from '../charts/measures';
import { type RunFilter, runColumnIds, runFilters, runGroupings, runOrders } from '../store/run-view';
import { runsToShow } from '../store/shown-runs';
import { axes, initialState, type StudioState } from '../store/state';
import { isPlace, type Place } from './places';

/** One part of the state in the address; what the page opens with is left out. */
interface Parameter {
  readonly name: string;
  readonly write: (state: StudioState) => string | null;
  /** Of what is not there, or makes no sense, what the page opens with. */
  readonly read: (text: string | null, state: StudioState) => Partial<StudioState>;
}

type Chart = StudioState['chart'];

type View = StudioState['runView'];

function ofView<K extends keyof View>(
  name: string,
  key: K,
  write: (value: View[K]) => string,
  read: (text: string) => View[K] | null,
): Parameter {
  const usual = initialState.runView[key];
  return {
    name,
    write: ({ runView }) => (write(runView[key]) === write(usual) ? null : write(runView[key])),
    read: (text, { runView }) => ({
      runView: { ...runView, [key]: (text === null ? null : read(text)) ?? usual },
    }),
  };
}

const ofFilter = (filter: RunFilter): Parameter => ({
  name: filter,
  write: ({ runView }) => runView.filters[filter] || null,
  read: (text, { runView }) => ({
    runView: { ...runView, filters: { ...runView.filters, [filter]: text ?? '' } },
  }),
});

function ofChart<K extends keyof Chart>(
  name: string,
  key: K,
  write: (value: Chart[K]) => string,
  read: (text: string) => Chart[K] | null,
): Parameter {
  const usual = initialState.chart[key];
  return {
    name,
    write: ({ chart }) => (write(chart[key]) === write(usual) ? null : write(chart[key])),
    read: (text, { chart }) => ({
      chart: { ...chart, [key]: (text === null ? null : read(text)) ?? usual },
    }),
  };
}

const listed = (text: string): readonly string[] => text.split(',').filter((part) => part !== '');

const parameters: readonly Parameter[] = [
  {
    name: 'runs',
    write: ({ askedRuns, shownRuns, runs }) => {
      if (askedRuns !== null) return askedRuns === 'newest' ? null : askedRuns.join();
      const shown = shownRuns.join();
      return shown === (runs[0]?.id ?? '') ? null : shown;
    },
    read: (text, state) => {
      const asked = text === null ? 'newest' : listed(text);
      return state.askedRuns === null ? { shownRuns: runsToShow(asked, state) } : { askedRuns: asked };
    },
  },
  ofChart('axis', 'axis', String, (text) => axes.find((axis) => axis === text) ?? null),
  ofChart('smoothing', 'smoothing', String, (text) => {
    const weight = text === '' ? Number.NaN : Number(text);
    return weight >= 0 && weight < 1 ? weight : null;
  }),
  ofChart('log', 'logScale', String, (text) => text === 'true'),
  ofChart('charts', 'measures', String, (text) => measureIds.filter((id) => listed(text).includes(id))),
  ofView('search', 'search', String, String),
  ofView('sort', 'order', String, (text) => runOrders.find(({ id }) => id === text)?.id ?? null),
  ofView('group', 'grouping', String, (text) => runGroupings.find((id) => id === text) ?? null),
  ...runFilters.map(ofFilter),
  ofView('archived', 'showsArchived', String, (text) => text === 'true'),
  ofView('columns', 'columns', String, (text) => runColumnIds.filter((id) => listed(text).includes(id))),
];

/** As a link to another place has it: what is looked at comes along. */
export function addressOf(state: StudioState, place: Place = state.place): string {
  const query = new URLSearchParams();
  for (const { name, write } of parameters) {
    const text = write(state);
    if (text !== null) query.set(name, text);
  }
  // A comma needs no escape there.
  const text = query.toString().replaceAll('%2C', ',');
  return `#/${place}${text && `?${text}`}`;
}

/** The state as the address has it. */
export function withAddress(state: StudioState, hash: string): StudioState {
  const query = new URLSearchParams(hash.split('?')[1] ?? '');
  const place = placeOf(hash);
  // A menu is part of the place that it opened in.
  const openMenu = place === state.place ? state.openMenu : null;
  let known: StudioState = { ...state, place, openMenu };
  for (const { name, read } of parameters) known = { ...known, ...read(query.get(name), known) };
  return known;
}

export function placeOf(hash: string): Place {
  const name = /^#\/(\w+)/.exec(hash)?.[1] ?? '';
  return isPlace(name) ? name : initialState.place;
}
