/**
 * Runs that wait, as data: the records say that they do and in which place, so the order is stored with them and outlives the page.
 * Knows no store and no host.
 */
import type { RunRecord } from './record';

type Waiting = Pick<RunRecord, 'id' | 'status' | 'createdAt' | 'place'>;

/** Those that wait, the next one first. */
export function waitingRuns<T extends Waiting>(runs: readonly T[]): readonly T[] {
  const order = (a: T, b: T) =>
    placeOf(a) - placeOf(b) || a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
  return runs.filter(({ status }) => status === 'queued').sort(order);
}

/** Behind all others. */
export const lastPlace = (runs: readonly Waiting[]): number =>
  waitingRuns(runs).reduce((last, run) => Math.max(last, placeOf(run) + 1), 0);

/**
 * Those whose place changes where a run moves to position `to` among the waiting ones, 0 being the next; beyond the ends it stays
 * there. None where it does not wait.
 */
export function movedRuns<T extends Waiting>(runs: readonly T[], runId: string, to: number): readonly T[] {
  const waiting = waitingRuns(runs);
  const moved = waiting.find(({ id }) => id === runId);
  if (!moved) return [];
  const others = waiting.filter((run) => run !== moved);
  const at = Math.min(Math.max(0, to), others.length);
  return others
    .toSpliced(at, 0, moved)
    .map((run, place) => ({ ...run, place }))
    .filter(({ id, place }) => runs.find((run) => run.id === id)!.place !== place);
}

/** Two tabs may give the same place to two runs. */
const placeOf = ({ place }: Waiting): number => place ?? 0;
