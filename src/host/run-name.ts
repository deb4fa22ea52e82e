/** Memorable names for runs, so that a person can tell two curves apart: `amber-heron-3`. */

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
