import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RunStatus } from './life';
import { lastPlace, movedRuns, waitingRuns } from './queue';

const run = (id: string, place: number | undefined, status: RunStatus = 'queued', createdAt = 0) => ({
  id,
  status,
  createdAt,
  ...(place === undefined ? {} : { place }),
});
const ids = (runs: readonly { readonly id: string }[]) => runs.map(({ id }) => id).join('');

describe('runs that wait', () => {
  it('have an order, also where two tabs gave the same place', () => {
    const runs = [run('c', 1, 'queued', 2), run('x', 0, 'finished'), run('b', 1, 'queued', 1), run('a', 0)];
    expect(ids(waitingRuns(runs))).toBe('abc');
    expect(lastPlace(runs)).toBe(2);
    expect(lastPlace([])).toBe(0);
  });

  it('move, and no others change their order', () => {
    const places = fc.array(fc.nat(3), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(places, fc.nat(8), fc.integer({ min: -2, max: 10 }), (given, which, to) => {
        const runs = given.map((place, i) => run(String(i), place, 'queued', i));
        const before = waitingRuns(runs);
        const moved = before[which % before.length]!;
        const changed = new Map(movedRuns(runs, moved.id, to).map((one) => [one.id, one]));
        const after = waitingRuns(runs.map((one) => changed.get(one.id) ?? one));
        expect(ids(after.filter(({ id }) => id !== moved.id))).toBe(
          ids(before.filter(({ id }) => id !== moved.id)),
        );
        expect(after.findIndex(({ id }) => id === moved.id)).toBe(
          Math.min(Math.max(0, to), before.length - 1),
        );
      }),
    );
  });

  it('are the only ones that move', () => {
    const runs = [run('a', 0), run('b', 1), run('c', undefined, 'training')];
    expect(movedRuns(runs, 'c', 0)).toEqual([]);
    expect(movedRuns(runs, 'b', 1)).toEqual([]);
    expect(movedRuns(runs, 'b', 0)).toEqual([run('b', 0), run('a', 1)]);
  });
});
