import { expect, it } from 'vitest';
import { note, traced, traceEvents, traceFile } from './trace';

it('notes what is done, what fails too, inside one another, from the first span on', async () => {
  await traced('outer', async () => {
    await new Promise((resolve) => setTimeout(resolve, 5));
    await expect(
      traced('inner', () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
  });
  note('later', performance.now());
  performance.measure('of a library');
  const file = JSON.parse(traceFile([...traceEvents('page', 1), ...traceEvents('worker', 2)]));
  const spans = file.traceEvents.filter(
    ({ ph, tid }: { ph: string; tid: number }) => ph === 'X' && tid === 2,
  );
  expect(spans.map(({ name }: { name: string }) => name)).toEqual(['outer', 'inner', 'later']);
  const [outer, inner, later] = spans;
  expect(outer.ts).toBe(0);
  expect(inner.ts).toBeGreaterThanOrEqual(outer.ts + 4000);
  expect(inner.ts + inner.dur).toBeLessThanOrEqual(outer.ts + outer.dur + 1);
  expect(later.ts).toBeGreaterThanOrEqual(outer.ts + outer.dur);
  const names = file.traceEvents.filter(({ ph }: { ph: string }) => ph === 'M');
  expect(names.map(({ args }: { args: { name: string } }) => args.name)).toEqual(['page', 'worker']);
});
