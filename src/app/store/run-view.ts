/** Which runs the list shows, in which order and under which headings. Pure functions. */
import { composedIn, describeMethodIn } from '../../runs/settings';
import { timesOf, totalSeconds } from '../../runs/times';
import { metricsOfTask } from '../../task';
import type { Titled } from './method-titles';
import type { RunSummary } from './state';

/** What is searched or filtered by, each with the words that a run has for it. */
export const runFacets = {
  status: { label: 'Status', of: ({ status }: RunSummary) => [status as string] },
  method: { label: 'Method', of: (run: RunSummary) => [methodOf(run)] },
  dataset: { label: 'Data set', of: ({ dataset }: RunSummary) => [dataset.name] },
  base: { label: 'Base model', of: ({ settings }: RunSummary) => [settings.baseModel] },
  tag: { label: 'Tag', of: ({ tags }: RunSummary) => tags ?? [] },
} as const;

export type RunFacet = keyof typeof runFacets;
export type RunFilter = Extract<RunFacet, 'status' | 'method' | 'dataset'>;
export type RunGrouping = Exclude<RunFacet, 'status'>;

export const runFilters: readonly RunFilter[] = ['status', 'method', 'dataset'];
export const runGroupings: readonly RunGrouping[] = ['dataset', 'base', 'method', 'tag'];

/** What runs are ordered by; what a run does not have comes last, whichever way round. */
const sortKeys = {
  created: ({ createdAt }: RunSummary) => createdAt,
  name: ({ name }: RunSummary) => name,
  result: ({ dataset, results }: RunSummary) => {
    const [main] = metricsOfTask[dataset.task];
    return results?.evalMetrics[main];
  },
  loss: ({ results }: RunSummary) => results?.trainLoss,
  time: (run: RunSummary) => totalSeconds(timesOf(run)),
} as const;

type SortKey = keyof typeof sortKeys;

/** As the list offers them. */
export const runOrders = [
  { id: 'newest', label: 'Newest first', key: 'created', descends: true },
  { id: 'oldest', label: 'Oldest first', key: 'created', descends: false },
  { id: 'name', label: 'Name', key: 'name', descends: false },
  { id: 'best', label: 'Best result first', key: 'result', descends: true },
  { id: 'loss', label: 'Lowest loss first', key: 'loss', descends: false },
  { id: 'fastest', label: 'Shortest first', key: 'time', descends: false },
] as const satisfies readonly {
  readonly id: string;
  readonly label: string;
  readonly key: SortKey;
  readonly descends: boolean;
}[];

export type RunOrder = (typeof runOrders)[number]['id'];

/** What a row may say beside name and state. */
export const runColumns = {
  method: 'Method',
  base: 'Base model',
  dataset: 'Data set',
  settings: 'Learning rate and batch',
  result: 'Result',
  time: 'Date',
  tags: 'Tags',
  notes: 'Notes',
} as const;

export type RunColumn = keyof typeof runColumns;

export const runColumnIds = Object.keys(runColumns) as RunColumn[];

export interface RunView {
  readonly search: string;
  readonly order: RunOrder;
  /** Empty for all. */
  readonly filters: Readonly<Record<RunFilter, string>>;
  readonly grouping: RunGrouping | '';
  readonly columns: readonly RunColumn[];
  readonly showsArchived: boolean;
}

export const firstView: RunView = {
  search: '',
  order: 'newest',
  filters: { status: '', method: '', dataset: '' },
  grouping: '',
  columns: ['method', 'base', 'dataset', 'settings', 'result', 'tags'],
  showsArchived: false,
};

const methodOf = ({ settings }: RunSummary) => describeMethodIn(settings.method, composedIn(settings));

/** Every word of the search stands somewhere in what the run is called and made of. */
function isFound(run: RunSummary, search: string, titled: Titled): boolean {
  const { name, notes = '', tags = [], settings, dataset } = run;
  const method = methodOf(run);
  const text = [name, notes, ...tags, method, titled(method), settings.baseModel, dataset.name]
    .join('\n')
    .toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** What a filter has to offer: the words of all runs, in alphabetical order. */
export const wordsOf = (runs: readonly RunSummary[], facet: RunFacet): readonly string[] =>
  [...new Set(runs.flatMap((run) => runFacets[facet].of(run)))].sort((a, b) => a.localeCompare(b));

/** Those that are shown, in their order. A method is found by its id and, where that is known, by its title. */
export function viewedRuns(
  runs: readonly RunSummary[],
  view: RunView,
  titled: Titled = (words) => words,
): readonly RunSummary[] {
  const shown = runs.filter(
    (run) =>
      (view.showsArchived || !run.archived) &&
      runFilters.every((facet) => {
        const asked = view.filters[facet];
        return asked === '' || runFacets[facet].of(run).includes(asked);
      }) &&
      isFound(run, view.search.trim(), titled),
  );
  const { key, descends } = runOrders.find(({ id }) => id === view.order)!;
  const of: (run: RunSummary) => number | string | undefined = sortKeys[key];
  const isThere = (value: number | string | undefined) => value !== undefined && !Number.isNaN(value);
  return shown.toSorted((a, b) => {
    const [x, y] = [of(a), of(b)];
    if (!isThere(x) || !isThere(y)) return Number(isThere(y)) - Number(isThere(x));
    const upwards =
      typeof x === 'string' ? x.localeCompare(String(y), 'en', { numeric: true }) : Number(x) - Number(y);
    return descends ? -upwards : upwards;
  });
}

export interface RunGroup {
  /** Null where there is no grouping. */
  readonly title: string | null;
  readonly runs: readonly RunSummary[];
}

/** Groups in the order of their first runs, those without a word for it last. A run of several tags stands under each. */
export function groupedRuns(runs: readonly RunSummary[], grouping: RunGrouping | ''): readonly RunGroup[] {
  if (grouping === '') return [{ title: null, runs }];
  const groups = new Map<string, RunSummary[]>();
  const none: RunSummary[] = [];
  for (const run of runs) {
    const words = runFacets[grouping].of(run);
    if (words.length === 0) none.push(run);
    for (const word of words) {
      const group = groups.get(word);
      if (group) group.push(run);
      else groups.set(word, [run]);
    }
  }
  const named = [...groups].map(([title, members]) => ({ title, runs: members }));
  return none.length > 0 ? [...named, { title: 'No tag', runs: none }] : named;
}
