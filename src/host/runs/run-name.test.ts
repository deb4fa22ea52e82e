import { expect, it } from 'vitest';
import { nextRunNumber, runName } from './run-name';

it('counts on from what was counted, whatever was deleted', () => {
  expect(nextRunNumber(undefined, [])).toBe(1);
  expect(nextRunNumber(7, [])).toBe(8);
  expect(nextRunNumber(7, [runName(2)])).toBe(8);
});

it('counts on from the names that are there where nothing was counted, as in a studio of before', () => {
  expect(nextRunNumber(undefined, [runName(2), runName(0)])).toBe(4);
  expect(nextRunNumber(2, [runName(11)])).toBe(13);
});

it('takes no number from a name that is not a run’s, nor from a setting that is none', () => {
  expect(nextRunNumber(undefined, ['bert-base-2024', 'amber-avocet-999', 'amber-avocet-1'])).toBe(2);
  for (const counted of ['9', Number.NaN, 1e300, -4, null, {}]) expect(nextRunNumber(counted, [])).toBe(1);
});

it('gives a thousand runs a thousand names', () => {
  expect(new Set(Array.from({ length: 1000 }, (_, i) => runName(i))).size).toBe(1000);
});
