/** Where the chunks of a run's series are. */

/** What the keys of a run's chunks begin with. */
export const seriesPrefix = (runId: string) => `series/${runId}/`;

/** In the order of their numbers, which the order of keys is. */
export const chunkKey = (runId: string, index: number) =>
  seriesPrefix(runId) + String(index).padStart(8, '0');

/** The number in a chunk's key; undefined for another run's key, whose id goes on after a slash. */
export function indexOfChunk(runId: string, key: string): number | undefined {
  const number = key.slice(seriesPrefix(runId).length);
  return /^\d{8}$/.test(number) ? Number(number) : undefined;
}
