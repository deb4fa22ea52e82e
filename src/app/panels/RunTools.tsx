/** What of the list of runs is shown, and how: search, order, filters, groups, columns. */
import { Search, SlidersHorizontal } from 'lucide-react';
import { wordOf } from '../../runs/life';
import { searchRunsId } from '../actions/page-actions';
import { useStudio } from '../store/context';
import { useMethodTitles } from '../store/method-titles';
import {
  type RunColumn,
  type RunFilter,
  type RunGrouping,
  type RunOrder,
  type RunView,
  runColumnIds,
  runColumns,
  runFacets,
  runFilters,
  runGroupings,
  runOrders,
  wordsOf,
} from '../store/run-view';
import type { RunSummary } from '../store/state';
import { useDraft } from '../store/use-draft';
import { CheckField, ChoicesField, SelectField } from './fields';

interface RunToolsProps {
  readonly runs: readonly RunSummary[];
  readonly view: RunView;
}

export function RunTools({ runs, view }: RunToolsProps) {
  const studio = useStudio();
  const [isOpen, setIsOpen] = useDraft('open run tools', false);
  const archived = runs.filter((run) => run.archived).length;
  return (
    <div className="run-tools">
      <label className="run-search">
        <Search size={15} aria-hidden />
        <input
          id={searchRunsId}
          type="search"
          aria-label="Search runs"
          placeholder="Name, tag, note, method, data"
          value={view.search}
          onChange={(event) => studio.setRunView({ search: event.target.value })}
        />
      </label>
      <SelectField
        label="Sort runs"
        value={view.order}
        options={runOrders.map(({ id, label }) => ({ value: id, label }))}
        onChange={(order) => studio.setRunView({ order: order as RunOrder })}
      />
      <SelectField
        label="Group runs"
        value={view.grouping}
        options={[
          { value: '', label: 'No groups' },
          ...runGroupings.map((id) => ({ value: id, label: `By ${runFacets[id].label.toLowerCase()}` })),
        ]}
        onChange={(grouping) => studio.setRunView({ grouping: grouping as RunGrouping | '' })}
      />
      <button
        type="button"
        className="button"
        aria-expanded={isOpen}
        aria-controls="run-tools-more"
        onClick={() => setIsOpen(!isOpen)}
      >
        <SlidersHorizontal size={15} aria-hidden /> Filter and columns
      </button>
      <div id="run-tools-more" className="run-tools-more" hidden={!isOpen}>
        {runFilters.map((facet) => (
          <FilterField key={facet} facet={facet} runs={runs} view={view} />
        ))}
        {(archived > 0 || view.showsArchived) && (
          <CheckField
            label={`Show archived (${archived})`}
            checked={view.showsArchived}
            onChange={(showsArchived) => studio.setRunView({ showsArchived })}
          />
        )}
        <ChoicesField
          label="Columns"
          help="What each run says beside its name and state."
          options={runColumnIds}
          optionNames={runColumns}
          chosen={view.columns}
          onChange={(columns) => studio.setRunView({ columns: columns as RunColumn[] })}
        />
      </div>
    </div>
  );
}

interface FilterFieldProps extends RunToolsProps {
  readonly facet: RunFilter;
}

function FilterField({ facet, runs, view }: FilterFieldProps) {
  const studio = useStudio();
  const { label } = runFacets[facet];
  const titled = useMethodTitles();
  const labelOf = (word: string) =>
    facet === 'status' ? wordOf(word as RunSummary['status']) : facet === 'method' ? titled(word) : word;
  const chosen = view.filters[facet];
  // What is chosen stays to be seen where no run is like it any more.
  const words = [...new Set([...wordsOf(runs, facet), ...(chosen === '' ? [] : [chosen])])];
  return (
    <SelectField
      label={`Filter by ${label.toLowerCase()}`}
      value={chosen}
      options={[
        { value: '', label: 'All' },
        ...words.map((word) => ({
          value: word,
          label: labelOf(word),
        })),
      ]}
      onChange={(value) => studio.setRunView({ filters: { ...view.filters, [facet]: value } })}
    />
  );
}
