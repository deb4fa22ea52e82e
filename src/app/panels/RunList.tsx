/** The rows, under their headings where there are groups; of many only those in view are there. */
import { lazy, type ReactNode, Suspense, useMemo } from 'react';
import { useStudioState } from '../store/context';
import type { RunColumn, RunGroup } from '../store/run-view';
import { RunRow } from './RunRow';
import { type Item, itemProps } from './run-item';

/** So many rows and headings are all there, without a window of their own to scroll in. */
const maxWhole = 40;

/** What it takes is read only where there are so many. */
const LongRunList = lazy(() => import('./LongRunList'));

interface RunListProps {
  readonly groups: readonly RunGroup[];
  readonly columns: readonly RunColumn[];
}

export function RunList({ groups, columns }: RunListProps) {
  const items = useMemo(
    () =>
      groups.flatMap(({ title, runs }): Item[] => [
        ...(title === null
          ? []
          : [{ kind: 'heading' as const, key: `of ${title}`, title, count: runs.length }]),
        ...runs.map((run) => ({ kind: 'run' as const, key: `${title ?? ''}/${run.id}`, run })),
      ]),
    [groups],
  );
  const row = useRow(columns);
  if (items.length > maxWhole)
    return (
      <Suspense fallback={<p className="muted">Opening the list…</p>}>
        <LongRunList items={items} row={row} />
      </Suspense>
    );
  return (
    <ul className="run-list">
      {items.map((item) => (
        <li key={item.key} {...itemProps(item)}>
          {row(item)}
        </li>
      ))}
    </ul>
  );
}

/** What stands in a list item. */
function useRow(columns: readonly RunColumn[]): (item: Item) => ReactNode {
  const runs = useStudioState((s) => s.runs);
  const shownRuns = useStudioState((s) => s.shownRuns);
  const order = useMemo(
    () => new Map([...runs].sort((a, b) => a.createdAt - b.createdAt).map(({ id }, i) => [id, i])),
    [runs],
  );
  return (item) =>
    item.kind === 'heading' ? (
      <h3>
        {item.title} <span className="muted">{item.count}</span>
      </h3>
    ) : (
      <RunRow
        run={item.run}
        index={order.get(item.run.id) ?? 0}
        shown={shownRuns.includes(item.run.id)}
        columns={columns}
      />
    );
}
