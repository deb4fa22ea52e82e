/**
 * What docs/onnx-export.md says of the precisions, measured: roberta-mini with LoRA on rows of Rotten Tomatoes, its exported files
 * through transformers.js on all validation rows. Takes ten minutes on two cores, so it is not part of `npm test`:
 * `LONG=1 npx playwright test e2e/long/onnx-export.spec.ts`.
 */
import { expect } from '@playwright/test';
import { StudioPage } from '../studio-page';
import { test } from '../test';

test.skip(!process.env.LONG, 'ten minutes; set LONG=1');

/** Of each file: the largest difference of a logit, the least share of rows with the same answer, the most that the accuracy moves. */
const limits = {
  '32-bit': { difference: 1e-4, same: 100, accuracy: 0 },
  '16-bit': { difference: 0.02, same: 99.8, accuracy: 0.2 },
  '8-bit': { difference: 0.5, same: 97, accuracy: 1.5 },
};

test('roberta-mini in every precision', async ({ page }) => {
  test.setTimeout(3_600_000);
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.combobox('Base model').selectOption({ label: 'roberta-mini' });
  await studio.fill({ learningRate: 0.001, epochs: 2, batchSize: 32, trainingRows: 1024 });
  await studio.trainToTheEnd(3_000_000);
  await studio.go('Use');
  const row = studio.region('Adapters').getByRole('listitem').first();
  await row.getByRole('combobox', { name: /as ONNX/ }).selectOption('all');
  await row.getByRole('button', { name: 'Verify' }).click();
  const results = row.getByRole('region', { name: 'Verification' }).getByRole('row');
  await expect(results).toHaveCount(4, { timeout: 1_200_000 });
  const [run] = await studio.runs();
  const accuracy = 100 * run!.results!.evalMetrics.accuracy!;
  console.log(accuracy, await results.allInnerTexts());
  for (const [name, limit] of Object.entries(limits)) {
    const cells = await results.filter({ hasText: name }).getByRole('cell').allInnerTexts();
    const [difference, same, figure] = cells.map((cell) => Number(/[\d.]+(e-?\d+)?/.exec(cell)?.[0]));
    expect(difference, name).toBeLessThan(limit.difference);
    expect(same, name).toBeGreaterThanOrEqual(limit.same);
    // The page rounds to a tenth.
    expect(Math.abs(figure! - accuracy), name).toBeLessThanOrEqual(limit.accuracy + 0.051);
  }
});
