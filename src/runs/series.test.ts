import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  appendSeries,
  cutSeries,
  emptySeries,
  joinChunks,
  lengthsOf,
  noPoints,
  type SeriesChunk,
} from './series';

/** `count` points after `after`; the values tell which attempt made them. */
function points(after: number, count: number, attempt: number) {
  const series = emptySeries();
  for (let i = 1; i <= count; i++) {
    const step = after + i;
    for (const column of [series.trainLoss, series.gradientNorm, series.learningRate]) {
      column.step.push(step);
      column.value.push(attempt);
    }
    if (step % 3 === 0) series.evaluations.push({ step, epoch: step / 3, loss: attempt });
  }
  return series;
}

it('are the same in chunks, however often the run went back', () => {
  const attempts = fc.array(fc.record({ back: fc.nat(12), count: fc.nat(9) }), { maxLength: 12 });
  fc.assert(
    fc.property(attempts, (story) => {
      let whole = emptySeries();
      const chunks = story.map(({ back, count }, index): SeriesChunk => {
        const step = Math.max(0, whole.trainLoss.step.length - back);
        const evaluations = whole.evaluations.filter((point) => point.step <= step).length;
        const from = { trainLoss: step, gradientNorm: step, learningRate: step, evaluations };
        whole = cutSeries(whole, noPoints, from);
        const more = points(step, count, index);
        appendSeries(whole, more);
        return { version: 1, runId: 'r', index, from, ...more };
      });
      expect(joinChunks(chunks, lengthsOf(whole))).toEqual(whole);
    }),
  );
});

it('end where the record says, and lack only what a missing chunk had', () => {
  const chunk = (index: number, after: number): SeriesChunk => ({
    version: 1,
    runId: 'r',
    index,
    from: lengthsOf(points(0, after, 0)),
    ...points(after, 3, 0),
  });
  const chunks = [chunk(0, 0), chunk(1, 3), chunk(2, 6)];
  expect(joinChunks(chunks, lengthsOf(points(0, 7, 0)))).toEqual(points(0, 7, 0));
  const { trainLoss, evaluations } = joinChunks([chunks[0]!, chunks[2]!], lengthsOf(points(0, 9, 0)));
  expect(trainLoss.step).toEqual([1, 2, 3, 7, 8, 9]);
  expect(evaluations.map(({ step }) => step)).toEqual([3, 9]);
});
