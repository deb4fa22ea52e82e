/** A validation split where the data brings none: stratified by group, seeded, copies of one text kept on one side. */
import { torchRandperm } from './random';

/**
 * Rows of both sides. `groups` names each row's group: its class, say. Moves about `fraction` of each group to validation;
 * at least one row of every group that has two different texts, and never all of a group.
 */
export function splitOff(
  texts: readonly string[],
  groups: ArrayLike<number>,
  fraction: number,
  seed: number,
): { readonly train: readonly number[]; readonly validation: readonly number[] } {
  const textsOf = new Map<number, Set<string>>();
  texts.forEach((text, i) => {
    const group = groups[i]!;
    textsOf.set(group, (textsOf.get(group) ?? new Set()).add(text));
  });
  const held = new Set<string>();
  for (const [group, members] of [...textsOf].sort(([a], [b]) => a - b)) {
    const distinct = [...members];
    // A text that stands in two groups goes where its first group's draw puts it.
    const free = distinct.filter((text) => !held.has(text));
    const wanted = Math.min(
      distinct.length - 1,
      Math.max(distinct.length > 1 ? 1 : 0, Math.round(fraction * distinct.length)),
    );
    const order = torchRandperm(free.length, seed + group);
    for (let k = distinct.length - free.length, i = 0; k < wanted && i < free.length; k++, i++)
      held.add(free[order[i]!]!);
  }
  const pick = (inValidation: boolean) =>
    texts.flatMap((text, i) => (held.has(text) === inValidation ? [i] : []));
  return { train: pick(false), validation: pick(true) };
}
