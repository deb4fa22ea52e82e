/**
 * The studio trains roberta-tiny with LoRA on all of Rotten Tomatoes, and Python replays it. Takes about a quarter of an
 * hour on two cores, so it is not part of `npm test`: `LONG=1 npx playwright test e2e/long`. Writes docs/full-run.json.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@playwright/test';
import { readZip } from '../../src/formats/zip';
import { findPython } from '../../test/python';
import { StudioPage } from '../studio-page';

test.skip(!process.env.LONG, 'a quarter of an hour; set LONG=1');

test('all of Rotten Tomatoes', async ({ page }) => {
  test.setTimeout(3_600_000);
  const studio = new StudioPage(page);
  await studio.open();
  await studio.fill({ learningRate: 0.002, epochs: 3, batchSize: 32, trainingRows: null });
  await studio.setDropout(false);
  await studio.trainToTheEnd(3_000_000);
  await page.screenshot({ path: 'test-results/full-run.png', fullPage: true });
  const [run] = await studio.runs();
  const zip = await studio.download(() => page.getByRole('button', { name: /^Replay files/ }).click());
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-full-'));
  for (const [path, content] of readZip(zip.bytes, zip.fileName)) writeFileSync(join(folder, path), content);
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  const command = /```\n(python [\s\S]*?)\n```/
    .exec(readme)![1]!
    .replaceAll('\\\n', ' ')
    .replace(
      'python reference_train.py',
      `${findPython()} ${join(process.cwd(), 'interop/reference_train.py')}`,
    )
    .replace(
      `--base ${run!.settings.baseModel}`,
      `--base ${join(process.cwd(), 'public/models', run!.settings.baseModel)} --eval-every ${Math.ceil(8530 / 32)}`,
    );
  execFileSync('bash', ['-c', command], { cwd: folder, stdio: ['ignore', 'inherit', 'inherit'] });
  const replayed = JSON.parse(readFileSync(join(folder, 'replay.json'), 'utf8'));
  const losses: number[] = replayed.steps.map((step: { loss: number }) => step.loss);
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
  expect(Math.abs(run!.results!.evalAccuracy - replayed.eval.at(-1).accuracy)).toBeLessThan(0.01);
});
