/**
 * The studio trains roberta-tiny with LoRA on all of Rotten Tomatoes, and Python replays it. Takes about a quarter of an
 * hour on two cores, so it is not part of `npm test`: `LONG=1 npx playwright test e2e/long`. Writes docs/full-run.json.
 */
import { writeFileSync } from 'node:fs';
import { expect } from '@playwright/test';
import { findPython } from '../../test/python';
import { downloadReplay, replay } from '../replay';
import { StudioPage } from '../studio-page';
import { test } from '../test';

test.skip(!process.env.LONG, 'a quarter of an hour; set LONG=1');

test('all of Rotten Tomatoes', async ({ page }) => {
  test.setTimeout(3_600_000);
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  await studio.fill({ learningRate: 0.002, epochs: 3, batchSize: 32, trainingRows: null });
  await studio.setDropout(false);
  await studio.trainToTheEnd(3_000_000);
  await page.screenshot({ path: 'test-results/full-run.png', fullPage: true });
  const [run] = await studio.runs();
  const replayed = replay(
    findPython()!,
    await downloadReplay(studio),
    `--eval-every ${Math.ceil(8530 / 32)}`,
  );
  const losses = replayed.steps.map((step) => step.loss);
  const differences = losses.map((loss, i) => Math.abs(run!.trainLoss.value[i]! - loss) / loss);
  const summary = {
    settings: run!.settings,
    executor: run!.executor,
    studio: { results: run!.results, evaluations: run!.evaluations, losses: run!.trainLoss.value },
    python: {
      eval: replayed.eval,
      trainLoss: replayed.train_loss,
      samplesPerSecond: replayed.train_samples_per_second,
      losses,
    },
    largestRelativeLossDifference: Math.max(...differences),
  };
  writeFileSync('docs/full-run.json', `${JSON.stringify(summary)}\n`);
  expect(losses.length).toBe(run!.step);
  expect(Math.abs(run!.results!.evalMetrics.accuracy! - replayed.eval.at(-1)!.accuracy)).toBeLessThan(0.01);
});
