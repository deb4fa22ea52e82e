/** A validation split where the data brings none: stratified by group, seeded, copies of one text kept on one side. */
import type { Turn } from './dataset';
import { torchRandperm } from './random';

/**
 * Which rows are for validation: 1 or 0 each, u8 [rows]. `ids` are equal for equal texts, `groups` names each row's group: its
 * class, say. Moves about `fraction` of each group's different texts; at least one of every group that has two, and never all
 * of a group.
 */
export async function splitOff(
  ids: Uint32Array,
  groups: ArrayLike<number>,
  fraction: number,
  seed: number,
  turn: Turn = () => {},
): Promise<Uint8Array> {
  const idCount = ids.reduce((largest, id) => Math.max(largest, id), 0) + 1;
  const held = new Uint8Array(idCount);
  /** The group + 1 that an id was seen in last. */
  const seenIn = new Uint32Array(idCount);
  let done = 0;
  for (const { group, rows } of rowsByGroup(ids.length, groups)) {
    await turn(done);
    done += rows.length;
    // In the order of their first rows. A text that stands in two groups goes where its first group's draw puts it.
    const free = new Uint32Array(rows.length);
    let [distinct, freeCount] = [0, 0];
    for (const row of rows) {
      const id = ids[row]!;
      if (seenIn[id] === group + 1) continue;
      seenIn[id] = group + 1;
      distinct += 1;
      if (held[id] === 0) free[freeCount++] = id;
    }
    const wanted = Math.min(distinct - 1, Math.max(distinct > 1 ? 1 : 0, Math.round(fraction * distinct)));
    const order = torchRandperm(freeCount, seed + group);
    for (let k = distinct - freeCount, i = 0; k < wanted && i < freeCount; k++, i++)
      held[free[order[i]!]!] = 1;
  }
  return Uint8Array.from(ids, (id) => held[id]!);
}

/** Groups from the smallest number on, the rows of each in their order. */
function rowsByGroup(
  rows: number,
  groups: ArrayLike<number>,
): readonly { readonly group: number; readonly rows: Uint32Array }[] {
  const counts = new Map<number, number>();
  for (let row = 0; row < rows; row++) counts.set(groups[row]!, (counts.get(groups[row]!) ?? 0) + 1);
  const found = new Map(
    [...counts]
      .sort(([a], [b]) => a - b)
      .map(([group, count]) => [group, { at: 0, rows: new Uint32Array(count) }]),
  );
  for (let row = 0; row < rows; row++) {
    const own = found.get(groups[row]!)!;
    own.rows[own.at++] = row;
  }
  return [...found].map(([group, own]) => ({ group, rows: own.rows }));
}
