/** Looking at what is there, on recorded data: runs over each other, the differences, deleting, the file's columns, themes. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page, test } from '@playwright/test';
import { recording, studioInUse } from './fake-recording';
import { openWithFakeWorker } from './fake-worker';

const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });
const row = (page: Page, name: string) => region(page, 'Runs').getByRole('listitem', { name, exact: true });

test('two runs over each other: curves, what differs, who did best', async ({ page }) => {
  await openWithFakeWorker(page, studioInUse());
  await page.getByRole('checkbox', { name: 'Show violet-swift-4' }).uncheck();
  await page.getByRole('checkbox', { name: 'Show amber-avocet-1' }).check();
  await page.getByRole('checkbox', { name: 'Show quiet-ibis-2' }).check();
  const legend = page.getByRole('list', { name: 'Runs on the chart' });
  await expect(legend).toContainText('amber-avocet-1');
  await expect(legend).toContainText('quiet-ibis-2');
  await expect(legend).not.toContainText('violet-swift-4');

  const comparison = region(page, 'Comparison');
  await expect(comparison.getByRole('row', { name: /^Learning rate 0.0001 0.0005/ })).toBeVisible();
  await expect(comparison.getByRole('row', { name: /^r 8 16/ })).toBeVisible();
  await expect(comparison.getByRole('row', { name: /^Seed/ })).toHaveCount(0);
  await expect(
    comparison.getByRole('row', { name: /^Eval accuracy/ }).locator('[data-best=true]'),
  ).toHaveText('82.8 %');
  await comparison.getByRole('checkbox', { name: 'Only differences' }).uncheck();
  await expect(comparison.getByRole('row', { name: /^Seed 42 42/ })).toBeVisible();
  await expect(row(page, 'quiet-ibis-2')).toContainText('Learning rate 0.0005, r 16');

  await legend.getByRole('button', { name: 'Hide quiet-ibis-2' }).click();
  await expect(comparison).toHaveCount(0);
});

test('the pointer reads every run, the table says it in numbers', async ({ page }) => {
  await openWithFakeWorker(page, studioInUse());
  await page.getByRole('checkbox', { name: 'Show amber-avocet-1' }).check();
  const chart = page.getByRole('img', { name: 'Training and validation loss' });
  await chart.scrollIntoViewIfNeeded();
  await chart.hover({ position: { x: 300, y: 120 } });
  const tooltip = chart.locator('.tooltip');
  await expect(tooltip).toContainText(/Step \d+/);
  await expect(tooltip).toContainText(/amber-avocet-1, training ?0\.\d{3}/);
  await expect(tooltip).toContainText(/violet-swift-4, training/);
  await page.mouse.move(2, 2);
  await expect(tooltip).toHaveCount(0);

  await page.getByRole('radio', { name: 'Epoch' }).check();
  await page.getByRole('checkbox', { name: 'Show as table' }).check();
  const table = region(page, 'Points of the curves');
  await expect(table.getByRole('columnheader', { name: 'Epoch' })).toBeVisible();
  expect(await table.getByRole('row').count()).toBeGreaterThan(40);
});

test('deleting asks first, and Escape keeps', async ({ page }) => {
  await openWithFakeWorker(page, studioInUse());
  await page.getByRole('button', { name: 'Delete run quiet-ibis-2' }).click();
  await expect(page.getByRole('button', { name: 'Delete', exact: true })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(row(page, 'quiet-ibis-2')).toBeVisible();
  expect(await page.evaluate(() => window.fakeWorker.commands)).not.toContain('deleteRun');
  await page.getByRole('button', { name: 'Delete run quiet-ibis-2' }).click();
  await page.keyboard.press('Enter');
  await expect(row(page, 'quiet-ibis-2')).toHaveCount(0);
  await page.getByRole('button', { name: 'Delete adapter golden-petrel-3' }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).click();
  await expect(region(page, 'Adapters').getByRole('listitem')).toHaveCount(2);
});

test('a dropped file: columns, counts, then it is the data set', async ({ page }) => {
  await openWithFakeWorker(page, recording());
  const data = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['message,mood\na,b\n'], 'moods.csv', { type: 'text/csv' }));
    return transfer;
  });
  await page.locator('main').dispatchEvent('drop', { dataTransfer: data });
  const mapping = region(page, 'Columns of moods.csv');
  await expect(mapping.getByRole('combobox', { name: 'Label column' })).toHaveValue('mood');
  await expect(mapping.getByRole('list', { name: 'Rows by label' })).toContainText('happy');
  await mapping.getByRole('combobox', { name: 'Label column' }).selectOption('id');
  await expect(mapping).toContainText('more than 50 different values');
  await mapping.getByRole('combobox', { name: 'Label column' }).selectOption('mood');
  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await expect(page.getByRole('combobox', { name: 'Dataset', exact: true })).toHaveValue('file-moods');
});

test('an adapter to go on from sets its base and method; its own data set is chosen', async ({ page }) => {
  await openWithFakeWorker(page, studioInUse());
  await page.getByRole('button', { name: 'Start from golden-petrel-3' }).click();
  await expect(page.getByRole('combobox', { name: 'Start from' })).toHaveValue('adapter-2');
  await expect(page.getByRole('combobox', { name: 'Method' })).toHaveValue('seq_bn');
  await expect(page.getByRole('combobox', { name: 'Method' })).toBeDisabled();
});

test('the theme follows the system until a person chooses, and the choice is kept', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'dark' });
  await openWithFakeWorker(page, recording());
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  expect(await theme()).toBe('dark');
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(theme).toBe('light');
  await page.getByRole('button', { name: 'Switch to dark theme' }).click();
  expect(await theme()).toBe('dark');
  await page.reload();
  expect(await theme()).toBe('dark');
});

for (const theme of ['light', 'dark'] as const) {
  test(`no serious accessibility fault while a run trains over others, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await openWithFakeWorker(page, studioInUse());
    await page.getByRole('checkbox', { name: 'Show amber-avocet-1' }).check();
    await page.getByRole('button', { name: 'Delete run quiet-ibis-2' }).click();
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await expect(page.getByRole('status')).toHaveText('Training');
    await page.getByRole('checkbox', { name: 'Show as table' }).check();
    await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('0');
    await page.evaluate(() => window.fakeWorker.crash('gone'));
    await expect(page.getByRole('alert')).toBeVisible();
    const { violations } = await new AxeBuilder({ page }).analyze();
    const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
    expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
  });
}

for (const width of [360, 1024, 1920]) {
  test(`nothing is cut off at ${width} px`, async ({ page }) => {
    await page.setViewportSize({ width, height: 900 });
    await openWithFakeWorker(page, studioInUse());
    for (const name of ['amber-avocet-1', 'golden-petrel-3'])
      await page.getByRole('checkbox', { name: `Show ${name}` }).check();
    await page.getByRole('button', { name: 'Delete run quiet-ibis-2' }).click();
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });
}
