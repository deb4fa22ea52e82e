/**
 * Memorable names for runs, so that a person can tell two curves apart: `amber-heron-3`. The number is never given twice: it
 * is counted in the store, since the highest one that is left would come again after its run and adapter were deleted.
 */

const adjectives = [
  'amber',
  'brisk',
  'calm',
  'clear',
  'coral',
  'early',
  'fair',
  'gentle',
  'golden',
  'green',
  'ivory',
  'keen',
  'light',
  'lively',
  'misty',
  'noble',
  'olive',
  'quiet',
  'rapid',
  'silver',
  'steady',
  'sunny',
  'violet',
  'warm',
];
const birds = [
  'avocet',
  'bunting',
  'crane',
  'dipper',
  'falcon',
  'finch',
  'heron',
  'ibis',
  'jay',
  'kestrel',
  'lark',
  'linnet',
  'martin',
  'osprey',
  'petrel',
  'plover',
  'raven',
  'robin',
  'sparrow',
  'swift',
  'tern',
  'thrush',
  'wagtail',
  'wren',
];

/** The name of run number `index` (from 0): neighbours differ in both words, and none repeats within 576 runs. */
export function runName(index: number): string {
  const adjective = adjectives[(index * 7) % adjectives.length]!;
  const bird = birds[(index * 5 + Math.floor(index / adjectives.length)) % birds.length]!;
  return `${adjective}-${bird}-${index + 1}`;
}

/**
 * The number of the next run: above the counted one, and above those in `names` of runs and adapters, which also holds where
 * nothing was counted yet. Only names that `runName` gives count: that of an imported adapter may end in any number.
 */
export function nextRunNumber(counted: unknown, names: readonly string[]): number {
  const last = typeof counted === 'number' && Number.isSafeInteger(counted) && counted > 0 ? counted : 0;
  const numbers = names.map((name) => {
    const number = Number(/-(\d{1,9})$/.exec(name)?.[1] ?? 0);
    return number > 0 && runName(number - 1) === name ? number : 0;
  });
  return Math.max(last, ...numbers) + 1;
}
