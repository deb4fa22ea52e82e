/** Which number of threads to take by the speeds that were measured. Knows figures; nothing of workers. */

/** That the processor computed with so many threads, to the speed of one. */
interface ThreadSpeed {
  readonly threads: number;
  readonly speed: number;
}

export interface ThreadChoice {
  readonly threads: number;
  readonly speeds: readonly ThreadSpeed[];
}

/** More are not tried: it would take longer, and products as small as a step's have little for each. */
const candidates = [1, 2, 3, 4, 6, 8];

/** What a larger number has to gain on the best smaller one. Less may be chance, and keeps cores from the page and all others. */
const leastGain = 1.15;

/** The numbers of threads that are tried on a machine of so many cores, ascending. */
export const threadCounts = (cores: number): readonly number[] =>
  candidates.filter((count) => count === 1 || count <= cores);

/**
 * Chooses by the speeds of `counts`, in any unit; null where they are none, as a clock that is too coarse makes them, or where there
 * is nothing to choose from.
 */
export function chooseThreads(counts: readonly number[], speeds: readonly number[]): ThreadChoice | null {
  const isWhole =
    speeds.length === counts.length && speeds.every((speed) => speed > 0 && speed < Number.POSITIVE_INFINITY);
  if (!isWhole) return null;
  const relative = counts.map((threads, i) => ({ threads, speed: speeds[i]! / speeds[0]! }));
  const { threads } = relative.reduce((best, next) => (next.speed >= leastGain * best.speed ? next : best));
  return { threads, speeds: relative };
}
