/** `device.destroy()` in the middle of a run, at the host: the run goes on from its checkpoint to the same bits. */
import { expect, it } from 'vitest';
import { isUnderWay } from '../src/runs/life';
import type { RunRecord } from '../src/runs/record';
import { Database } from '../src/storage/database';
import { bringMoods, hostOn } from './host-in-page';

/** Trains twelve steps; destroys the device when step `destroyAt` is reported. */
async function train(name: string, destroyAt: number | null) {
  const host = hostOn(new Database(`device-lost-${name}-${crypto.randomUUID()}`));
  const description = await host.send('open', { executor: null });
  const dataset = await bringMoods(host);
  const settings = { ...description.defaults, learningRate: 2e-3, epochs: 3, batchSize: 8, trainingRows: 32 };
  let destroyed = false;
  const ended = new Promise<RunRecord>((resolve) => {
    host.listen((event) => {
      if (event.type === 'steps' && destroyAt !== null && !destroyed && event.progress.step >= destroyAt) {
        destroyed = true;
        host.destroyDevice();
      }
      if (event.type === 'run' && !isUnderWay(event.run.status)) resolve(event.run);
    });
  });
  await host.send('train', { settings, datasetId: dataset.id });
  const run = await ended;
  const [adapter] = await host.store.listAdapters();
  const problems = host.events.flatMap((event) => (event.type === 'problem' ? [event.error.code] : []));
  const series = await host.send('series', { runId: run.id });
  return { run, series, digest: adapter?.sha256 ?? '', problems };
}

it('ends with the adapter of the undisturbed run', async () => {
  const undisturbed = await train('undisturbed', null);
  expect(undisturbed.run.status).toBe('finished');
  const disturbed = await train('disturbed', 5);
  expect(disturbed.problems).toEqual(['device-lost']);
  expect(disturbed.run.status).toBe('finished');
  expect(disturbed.series).toEqual(undisturbed.series);
  expect(disturbed.run.results!.trainLoss).toBe(undisturbed.run.results!.trainLoss);
  expect(disturbed.digest).toBe(undisturbed.digest);
});
