/** A base model from a hub: found by its name, downloaded, kept, trained on, and trained on again without a network. */
import { expect, test } from '@playwright/test';
import { FakeHub, filesOf } from '../test/fake-hub';
import { StudioPage } from './studio-page';

const tiny = filesOf('public/models/roberta-tiny');

test('a model is found by name, downloaded, kept, and trains', async ({ page }) => {
  const hub = new FakeHub({ bytesPerSecond: 1_500_000 });
  hub.serve({ name: 'someone/roberta-copy', files: tiny });
  await hub.listen();
  const studio = new StudioPage(page);
  await studio.open();
  await studio.useHub(hub.endpoint);

  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('someone/roberta-copy');
  await studio.button('Find model').click();
  const found = studio.region('Found someone/roberta-copy');
  await expect(found).toContainText('roberta, 2 layers of 128');
  await found.getByRole('button', { name: /^Download/ }).click();
  const bar = page.getByRole('progressbar', { name: 'Download of the base model' });
  await expect(bar).toHaveAttribute('aria-valuenow', /[1-9]\d?/);
  await expect(page.getByText(/MB\/s/)).toBeVisible();
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('someone/roberta-copy');

  await studio.fill({ batchSize: 8, trainingRows: 16, epochs: 1 });
  await studio.trainToTheEnd();
  const [run] = await studio.runs();
  expect(run?.step).toBe(2);
  expect(run?.base).toMatchObject({
    name: 'someone/roberta-copy',
    revision: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  await hub.close();
});
