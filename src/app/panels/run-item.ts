/** What the list of runs consists of: runs, and headings of groups. */
import type { RunSummary } from '../store/state';

export type Item =
  | { readonly kind: 'heading'; readonly key: string; readonly title: string; readonly count: number }
  | { readonly kind: 'run'; readonly key: string; readonly run: RunSummary };

/** Of the list item that it stands in. */
export const itemProps = (item: Item) =>
  item.kind === 'run' ? { className: 'run', 'aria-label': item.run.name } : { className: 'run-group' };
