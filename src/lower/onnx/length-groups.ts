/**
 * A batch's sequences in groups of like length, and where its rows then stand. One grid as wide as the longest sequence has a
 * score for every pair of its places: four times as many as the sequences have, with the lengths of Rotten Tomatoes. Knows
 * integers, nothing of a graph.
 */

/** Of every batch: a model has a part for each. */
export const groupCount = 3;

const known = new WeakMap<Uint32Array, readonly Uint32Array[]>();

/**
 * `layout` u32 [B, 4] of a batch (first row, rows, keys, 0) → for each group u32 [B_g, 4]: first row, rows, keys, number of
 * the sequence. No group is empty: where there are fewer sequences than groups, the first row stands for one, as often as it
 * takes, and nobody reads what becomes of it.
 */
export function groupsOf(layout: Uint32Array): readonly Uint32Array[] {
  const groups = known.get(layout) ?? makeGroups(layout);
  known.set(layout, groups);
  return groups;
}

function makeGroups(layout: Uint32Array): readonly Uint32Array[] {
  const sequences = Array.from({ length: layout.length / 4 }, (_, s) => [
    ...layout.subarray(4 * s, 4 * s + 3),
    s,
  ]).sort((a, b) => a[1]! - b[1]!);
  // First, so that the sequence's own place is the last to be said.
  while (sequences.length < groupCount) sequences.unshift([layout[0]!, 1, 1, 0]);
  const ends = groupEnds(sequences.map(([, rows]) => rows!));
  return ends.map((end, g) => Uint32Array.from(sequences.slice(ends[g - 1] ?? 0, end).flat()));
}

/** Where each group ends in `lengths`, ascending, so that the grids together have the fewest scores, Σ B_g · T_g². */
function groupEnds(lengths: readonly number[]): readonly number[] {
  const count = lengths.length;
  const scores = (start: number, end: number) => (end - start) * lengths[end - 1]! ** 2;
  // least[n] of the first n sequences in as many groups as were gone through; last[g][n]: where the last of g + 2 groups begins.
  let least = Array.from({ length: count + 1 }, (_, n) => (n === 0 ? 0 : scores(0, n)));
  const last: number[][] = [];
  for (let groups = 2; groups <= groupCount; groups++) {
    const next = new Array<number>(count + 1).fill(Number.POSITIVE_INFINITY);
    const begins = new Array<number>(count + 1).fill(0);
    for (let end = groups; end <= count; end++) {
      for (let start = groups - 1; start < end; start++) {
        const total = least[start]! + scores(start, end);
        if (total >= next[end]!) continue;
        next[end] = total;
        begins[end] = start;
      }
    }
    least = next;
    last.push(begins);
  }
  const ends = [count];
  for (const begins of last.reverse()) ends.unshift(begins[ends[0]!]!);
  return ends;
}

/**
 * u32 [rows, heads]: where each row of a matrix with `prefix` rows in front of each sequence's tokens stands in the groups'
 * grids [B_g, heads, T_g + prefix], the places of all of them one after another.
 */
export function placesOfRows(layout: Uint32Array, prefix: number, heads: number): Uint32Array {
  let rows = 0;
  for (let s = 0; s < layout.length / 4; s++) rows += layout[4 * s + 1]! + prefix;
  const places = new Uint32Array(rows * heads);
  let at = 0;
  for (const group of groupsOf(layout)) {
    const width = longestOf(group) + prefix;
    for (let i = 0; i < group.length; i += 4) {
      const first = group[i]! + group[i + 3]! * prefix;
      for (let h = 0; h < heads; h++, at += width)
        for (let j = 0; j < group[i + 1]! + prefix; j++) places[(first + j) * heads + h] = at + j;
    }
  }
  return places;
}

/** Rows of the longest sequence of a layout. */
export function longestOf(layout: Uint32Array): number {
  let longest = 0;
  for (let s = 0; s < layout.length / 4; s++) longest = Math.max(longest, layout[4 * s + 1]!);
  return longest;
}
