/** A file of some tens of megabytes: its progress, its end by a click, a sample or all of it; nothing is left of what was ended. */
import { expect } from '@playwright/test';
import { chooseLargeFile, keptDatasets, workerHeap } from './large-file';
import { StudioPage } from './studio-page';
import { test } from './test';

test('a large file is read in little memory, and a sample of it is kept unless all is asked for', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  const before = await workerHeap(page);
  const { rows, sizeBytes } = await chooseLargeFile(page, 'large.csv', 25);
  expect(sizeBytes).toBeGreaterThan(20e6);
  const progress = page.getByRole('progressbar', { name: 'Import of large.csv' });
  await expect(progress).toBeVisible();
  const mapping = studio.region('Columns of large.csv');
  await expect(mapping.getByRole('list', { name: 'Rows by label' }).getByRole('listitem')).toHaveText([
    /north62,500/,
    /east62,500/,
    /south62,500/,
    /west62,500/,
  ]);
  // When tables were read whole, all cells stood in the worker's memory here; what it has is the base model, read meanwhile.
  expect((await workerHeap(page)) - before).toBeLessThan(sizeBytes / 2);

  const choice = mapping.getByRole('combobox', { name: 'Rows', exact: true });
  await expect(choice).toHaveValue('sample');
  await expect(mapping).toContainText(/All of them take about .* MB on the disk, and up to .* MB of memory/);
  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('large.csv (yours)');
  await expect(page.getByText('45,000 training, 5,000 validation rows.')).toBeVisible();
  await expect(page.getByText('A sample of 50,000 of the 250,000 rows of its file.')).toBeVisible();

  await chooseLargeFile(page, 'large.csv', 25);
  await choice.selectOption('all');
  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await expect(page.getByText('225,000 training, 25,000 validation rows.')).toBeVisible();
  await expect(studio.region('Columns of large.csv')).toHaveCount(0);
  const own = page.getByRole('list', { name: 'Rows by label' });
  // A tenth of each label is for validation.
  await expect(own.getByRole('listitem')).toHaveText([
    /east56,250/,
    /north56,250/,
    /south56,250/,
    /west56,250/,
  ]);
  expect(await keptDatasets(page)).toEqual({ folders: 2, records: 2 });
  expect(rows).toBe(250_000);

  await studio.deleteForGood(studio.button('Delete this data set'));
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('Rotten Tomatoes');
  expect(await keptDatasets(page)).toEqual({ folders: 1, records: 1 });
});

test('an import that is cancelled leaves nothing, whether it is read or stored', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  const dropzone = page.getByLabel('Dataset file');
  await chooseLargeFile(page, 'large.csv', 25);
  await studio.button('Cancel').click();
  await expect(dropzone).toBeVisible();
  await expect(studio.region('Columns of large.csv')).toHaveCount(0);
  expect(await keptDatasets(page)).toEqual({ folders: 0, records: 0 });

  await chooseLargeFile(page, 'large.csv', 25);
  const mapping = studio.region('Columns of large.csv');
  await mapping.getByRole('combobox', { name: 'Rows', exact: true }).selectOption('all');
  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await expect(mapping.getByRole('progressbar')).toBeVisible();
  // A click on Train would train on the data set that was chosen before.
  await expect(studio.button('Train')).toBeDisabled();
  await expect.poll(() => keptDatasets(page)).toEqual({ folders: 1, records: 0 });
  await mapping.getByRole('button', { name: 'Cancel' }).click();
  await expect(dropzone).toBeVisible();
  await expect(studio.button('Train')).toBeEnabled();
  expect(await keptDatasets(page)).toEqual({ folders: 0, records: 0 });
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(studio.combobox('Dataset').locator('option')).toHaveCount(3);
});
