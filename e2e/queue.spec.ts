/** Runs that wait: queued while one trains, in an order that a person changes, through a reload and past one that fails. */
import { expect } from '@playwright/test';
import { csvFile, moods } from './moods';
import { StudioPage } from './studio-page';
import { test } from './test';

test('runs that wait train one after another, through a reload, and a failed one does not stop the next', async ({
  page,
}) => {
  page.on('dialog', (dialog) => void dialog.accept());
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.chooseTiny();
  const choice = studio.combobox('Dataset');
  for (const name of ['doomed.csv', 'moods.csv']) {
    await page
      .getByLabel('Dataset file')
      .setInputFiles(csvFile(name, moods(name === 'moods.csv' ? 90 : 120)));
    await studio.button('Use this data').click();
    await expect(choice.locator('option:checked')).toHaveText(`${name} (yours)`);
  }
  const rows = studio.region('Runs').locator('.run-list > li');
  // Long enough to be in its middle whatever comes.
  await studio.fill({ learningRate: 0.002, epochs: 1000, batchSize: 8, trainingRows: 32 });
  await studio.button('Train').click();
  await expect(studio.status).toHaveText('Training');

  await studio.fill({ epochs: 1 });
  await studio.button('Train').focus();
  await page.keyboard.press('Enter');
  await expect(studio.button('Queue')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(studio.button('Queue')).toHaveCount(0);
  await expect(studio.button('Train')).toBeFocused();
  const queue = async (dataset: string, waiting: number) => {
    await studio.go('Train');
    await choice.selectOption({ label: `${dataset} (yours)` });
    await studio.button('Train').press('Enter');
    await expect(studio.button('Queue')).toBeFocused();
    await page.keyboard.press('Enter');
    await studio.go('Compare');
    await expect(rows).toHaveCount(1 + waiting);
    await expect(rows.first()).toContainText('Queued');
    return (await rows.first().getAttribute('aria-label'))!;
  };
  const last = await queue('moods.csv', 1);
  const doomed = await queue('doomed.csv', 2);
  const out = await queue('moods.csv', 3);
  await studio.button(`Move ${doomed} forward`).click();
  await expect(studio.button(`Move ${doomed} forward`)).toBeDisabled();
  // Had back, and out for good.
  await studio.button(`Take ${out} out of the queue`).press('Enter');
  await expect(rows).toHaveCount(3);
  await expect(studio.button('Undo')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(rows).toHaveCount(4);
  await expect(studio.button(`Take ${out} out of the queue`)).toBeFocused();
  await studio.deleteForGood(studio.button(`Take ${out} out of the queue`));
  await expect(rows).toHaveCount(3);
  await expect(studio.status).toHaveText('Training');

  // The page goes away with the run in its middle: that one is interrupted, and those that waited go on without being asked.
  await studio.go('Train');
  await choice.selectOption({ label: 'doomed.csv (yours)' });
  await studio.deleteForGood(studio.button('Delete this data set'));
  await expect(choice.locator('option', { hasText: 'doomed.csv' })).toHaveCount(0);
  await studio.open('/', 'onnx');
  await studio.go('Compare');
  const row = (name: string) => studio.region('Runs').getByRole('listitem', { name, exact: true });
  await expect(row(last)).toContainText('Finished');
  await expect(row(doomed)).toContainText('Failed');
  await expect(studio.status).toHaveText('Finished');
  await expect(rows.last()).toContainText('Interrupted');
  await expect(page.getByRole('alert').filter({ hasText: doomed })).toBeVisible();
  await studio.go('Use');
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);
});
