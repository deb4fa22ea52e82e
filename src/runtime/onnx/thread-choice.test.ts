import { expect, it } from 'vitest';
import { chooseThreads, threadCounts } from './thread-choice';

const chosen = (counts: readonly number[], speeds: readonly number[]) =>
  chooseThreads(counts, speeds)?.threads;

it('tries what the machine has cores for, and no more than eight', () => {
  expect(threadCounts(1)).toEqual([1]);
  expect(threadCounts(2)).toEqual([1, 2]);
  expect(threadCounts(5)).toEqual([1, 2, 3, 4]);
  expect(threadCounts(64)).toEqual([1, 2, 3, 4, 6, 8]);
  // A browser that does not tell.
  expect(threadCounts(Number.NaN)).toEqual([1]);
});

it.each([
  ['two whole cores', [10, 19], 2],
  ['two that are threads of one core', [10, 11], 1],
  ['something else on one of two', [10, 8], 1],
])('of one and two threads, with %s', (_, speeds, threads) => {
  expect(chosen([1, 2], speeds)).toBe(threads);
});

it('takes a larger number only where it gains enough on the best smaller one', () => {
  // 6 gains on 3, though 4 did not; 8 does not gain on 6.
  expect(chosen([1, 2, 3, 4, 6, 8], [10, 19, 27, 28, 36, 37])).toBe(6);
  // Each gains less than enough, all of them together enough.
  expect(chosen([1, 2, 3], [10, 11, 12])).toBe(3);
  // The more, the slower.
  expect(chosen([1, 2, 3, 4], [10, 18, 18, 12])).toBe(2);
});

it('says the speed of each number to that of one', () => {
  expect(chooseThreads([1, 2], [4, 7])).toEqual({
    threads: 2,
    speeds: [
      { threads: 1, speed: 1 },
      { threads: 2, speed: 1.75 },
    ],
  });
});

it('says nothing where there are no figures', () => {
  expect(chooseThreads([1, 2], [])).toBeNull();
  expect(chooseThreads([1, 2], [Number.NaN, 1])).toBeNull();
  expect(chooseThreads([1, 2], [1, Number.POSITIVE_INFINITY])).toBeNull();
  expect(chooseThreads([1, 2], [0, 1])).toBeNull();
});
