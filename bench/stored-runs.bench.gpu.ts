/**
 * `npx vitest run --project bench bench/stored-runs`: 300 stored runs of 5,000 steps, as the studio before series were apart wrote
 * them and as they are now. Prints milliseconds: what opening reads, what a checkpoint writes at step 5,000, one run's curve.
 */
import { expect, it } from 'vitest';
import { emptySeries, lengthsOf, type RunSeries, type SeriesChunk } from '../src/runs/series';
import { Database } from '../src/storage/database';
import { StudioStore } from '../src/storage/store';
import { listedRun } from '../test/listed-run';

const runs = 300;
const steps = 5000;
/** Steps between two checkpoints, and so of a chunk. */
const chunkSteps = 250;

function seriesOf(from: number, count: number): RunSeries {
  const series = emptySeries();
  for (let step = from + 1; step <= from + count; step++) {
    for (const column of [series.trainLoss, series.gradientNorm, series.learningRate]) {
      column.step.push(step);
      column.value.push(Math.sin(step) / step);
    }
    if (step % 500 === 0) series.evaluations.push({ step, epoch: step / 500, loss: 1 / step });
  }
  return series;
}

const whole = seriesOf(0, steps);

const chunkOf = (runId: string, index: number): SeriesChunk => ({
  version: 1,
  runId,
  index,
  from: lengthsOf(seriesOf(0, index * chunkSteps)),
  ...seriesOf(index * chunkSteps, chunkSteps),
});

const runOf = (id: string) => {
  const { canResume: _, ...run } = listedRun({ id, status: 'finished', step: steps });
  return { ...run, series: lengthsOf(whole) };
};

function oldRunOf(id: string) {
  const { series: _s, losses: _l, lastEvaluation: _e, ...run } = runOf(id);
  return { ...run, ...whole, version: 2 };
}

async function milliseconds(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round(performance.now() - start);
}

it('300 runs of 5,000 steps', { timeout: 600_000 }, async () => {
  const database = new Database(`bench-${crypto.randomUUID()}`);
  const ids = Array.from({ length: runs }, (_, i) => `run-${i}`);
  for (const id of ids) await database.change({ set: [[`run/${id}`, oldRunOf(id)]] });
  const open = () => new StudioStore(database);
  const before = await milliseconds(() => open().listRuns());
  const putApart = await milliseconds(() => open().sweep());
  const after = await milliseconds(() => open().listRuns());
  const curve = await milliseconds(() => open().storedSeries('run-7'));
  const block = new Float32Array(222_338);
  const checkpointAt = (run: unknown, chunks: readonly SeriesChunk[]) =>
    milliseconds(() =>
      open().saveCheckpoint(
        {
          version: 1,
          runId: 'run-0',
          step: steps,
          savedAt: 0,
          parameters: block,
          exponentialAverage: block,
          exponentialAverageSquared: block,
          run: run as ReturnType<typeof runOf>,
        },
        chunks,
      ),
    );
  const withSeries = { ...runOf('run-0'), inline: whole };
  const old = await checkpointAt(withSeries, []);
  const chunk = chunkOf('run-0', steps / chunkSteps - 1);
  const now = await checkpointAt(runOf('run-0'), [chunk]);
  console.log(
    JSON.stringify({ listed: { before, after }, putApart, curve, checkpoint: { withSeries: old, now } }),
  );
  expect(await open().listRuns()).toHaveLength(runs);
  await database.change({ deleteUnder: [''] });
});
