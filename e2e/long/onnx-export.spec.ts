/**
 * What docs/onnx-export.md says of the precisions, measured: roberta-mini with LoRA on rows of Rotten Tomatoes, its exported files
 * through transformers.js on all validation rows. Takes ten minutes on two cores, so it is not part of `npm test`:
 * `LONG=1 npx playwright test e2e/long/onnx-export.spec.ts`.
 */
import { expect } from '@playwright/test';
import { StudioPage } from '../studio-page';
import { test } from '../test';

test.skip(!process.env.LONG, 'ten minutes; set LONG=1');

test('roberta-mini in every precision', async ({ page }) => {
  test.setTimeout(3_600_000);
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.combobox('Base model').selectOption({ label: 'roberta-mini' });
  await studio.fill({ learningRate: 0.001, epochs: 2, batchSize: 32, trainingRows: 1024 });
  await studio.trainToTheEnd(3_000_000);
  const row = studio.region('Adapters').getByRole('listitem').first();
  await row.getByRole('combobox', { name: /as ONNX/ }).selectOption('all');
  await row.getByRole('button', { name: 'Verify' }).click();
  const results = row.getByRole('region', { name: 'Verification' }).getByRole('row');
  await expect(results).toHaveCount(4, { timeout: 1_200_000 });
  const [run] = await studio.runs();
  console.log(run!.results, await results.allInnerTexts());
  const differences = await Promise.all(
    [1, 2, 3].map(async (at) => Number(await results.nth(at).getByRole('cell').first().textContent())),
  );
  const same = await results.nth(3).getByRole('cell').nth(1).textContent();
  expect(differences[0]).toBeLessThan(1e-4);
  expect(differences[1]).toBeLessThan(0.02);
  expect(differences[2]).toBeLessThan(1);
  expect(Number(same!.replace(' %', ''))).toBeGreaterThan(95);
});
