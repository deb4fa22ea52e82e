/** The page itself, on a recorded stream: fluid under load, usable by everybody, clear when nothing works. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { type FakeOptions, installFakeStudio } from './fake-studio';
import { type Place, StudioPage } from './studio-page';
import { test } from './test';

const withData: FakeOptions = { runs: 3, points: 600, adapters: 2, refuse: false };

async function openFake(page: Page, options: FakeOptions): Promise<StudioPage> {
  await page.addInitScript(installFakeStudio, options);
  await page.goto('/');
  await page.getByRole('region', { name: 'Loss' }).waitFor({ timeout: 30_000 });
  return new StudioPage(page);
}

// How fluid the page stays meanwhile is measured by bench/page.
test('200 events a second beside 20 drawn runs of 5,000 points: the live curve comes along', async ({
  page,
}) => {
  const studio = await openFake(page, { runs: 20, points: 5000, adapters: 5, refuse: false });
  await studio.go('Compare');
  for (const box of await page.locator('.run-name input').all()) await box.check();
  await expect(page.getByRole('list', { name: 'Runs on the chart' }).getByRole('listitem')).toHaveCount(21);
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(page.getByRole('status')).toHaveText('Finished');
  await expect(page.getByText(/live-run: training loss/)).toHaveText(
    /live-run: training loss 0\.\d+ → 0\.\d+/,
  );
  const drawn = await page
    .locator('[data-testid=lines]')
    .first()
    .locator('path.recharts-line-curve')
    .last()
    .getAttribute('d');
  expect((drawn ?? '').split('L').length).toBeGreaterThan(300);
});

/** Nothing is wrong to axe, of any impact, and nothing lies beyond the window's edge. */
async function expectUsable(page: Page, place: Place): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
  expect(found, place).toEqual([]);
  const overflow = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(overflow, place).toBeLessThanOrEqual(0);
}

for (const theme of ['light', 'dark'] as const) {
  for (const width of [390, 768, 1440]) {
    test(`no accessibility fault in any place, ${theme}, ${width} px`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 900 });
      const studio = await openFake(page, { ...withData, notStored: true });
      await studio.button('Train').click();
      await expect(studio.status).toHaveText('Training');
      await page.getByText('Advanced', { exact: true }).click();
      await page.getByText('Another base model', { exact: true }).click();
      await page.getByText('Access token and mirror', { exact: true }).click();
      await page.getByRole('combobox', { name: 'Model on the hub' }).fill('xlm-roberta-base');
      await page.getByRole('button', { name: 'Find model' }).click();
      await page.getByRole('region', { name: 'Found xlm-roberta-base' }).waitFor();
      await expectUsable(page, 'Train');
      await studio.go('Data');
      await studio.region('Chosen data set').waitFor();
      await expectUsable(page, 'Data');
      await studio.go('Compare');
      for (const box of await page.locator('.run-name input').all()) await box.check();
      await studio.region('Comparison').waitFor();
      await expectUsable(page, 'Compare');
      await studio.go('Use');
      await studio.button('Predict').click();
      await page.getByRole('button', { name: 'Evaluate' }).first().click();
      await page.locator('.scores').waitFor();
      await expectUsable(page, 'Use');
    });
  }
}

/** Presses Tab until the focus is on what has a name; fails after a round of the page. */
async function tabTo(page: Page, name: string): Promise<void> {
  const seen: string[] = [];
  for (let i = 0; i < 80; i++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate(() => {
      const element = document.activeElement;
      const labels =
        element instanceof HTMLInputElement ||
        element instanceof HTMLSelectElement ||
        element instanceof HTMLTextAreaElement
          ? element.labels
          : null;
      const text = element?.getAttribute('aria-label') ?? labels?.[0]?.textContent ?? element?.textContent;
      // What has the focus is seen, also below what stays in view.
      const { top, bottom } = element!.getBoundingClientRect();
      const bar = document.querySelector('.runbar-bar')!;
      const isCovered =
        !bar.contains(element) &&
        !element?.closest('.header, .places') &&
        top < bar.getBoundingClientRect().bottom - 1;
      return `${(text ?? '').trim()}${isCovered && bottom > 0 ? ' (covered)' : ''}`;
    });
    if (focused === name) return;
    seen.push(focused);
  }
  throw new Error(`The keyboard does not reach ${name}, but ${seen.join(', ')}.`);
}

test('the keyboard alone does the main job, from place to place', async ({ page }) => {
  const studio = await openFake(page, withData);
  for (const name of ['Train', 'Dataset', 'Dataset file', 'Method', 'Learning rate', 'Advanced'])
    await tabTo(page, name);
  await studio.button('Train').focus();
  await page.keyboard.press('Enter');
  await expect(studio.status).toHaveText('Training');
  await expect(studio.button('Train')).toBeFocused();
  const goTo = async (place: Place) => {
    await tabTo(page, place);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: place, level: 1 })).toBeFocused();
  };
  await goTo('Compare');
  for (const name of ['amber-heron-3', 'Smoothing']) await tabTo(page, name);
  await goTo('Use');
  for (const name of ['Text to classify', 'Predict', 'Evaluate', 'Download zip']) await tabTo(page, name);
  await goTo('Data');
  for (const name of ['Dataset', 'Dataset file']) await tabTo(page, name);
});

test('without WebGPU the page says so, and shows what is stored', async ({ page }) => {
  const studio = await openFake(page, { ...withData, refuse: true });
  await expect(page.getByRole('alert')).toContainText('no WebGPU');
  await expect(page.getByRole('alert')).toContainText('Chrome');
  await studio.go('Compare');
  await expect(page.getByRole('alert')).toContainText('no WebGPU');
  await expect(studio.region('Runs').getByRole('listitem', { name: /amber-heron/ })).toHaveCount(3);
  await expect(
    page.getByRole('region', { name: 'Loss' }).locator('.recharts-line-curve').first(),
  ).toBeVisible();
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeDisabled();
});

test('a number that cannot be used is named, and Train waits for it', async ({ page }) => {
  await openFake(page, withData);
  const rate = page.getByRole('spinbutton', { name: 'Learning rate' });
  await rate.fill('0');
  await expect(page.getByText('Learning rate must be between')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeDisabled();
  await page.getByRole('button', { name: 'Back to default' }).click();
  await expect(rate).toHaveValue('0.0001');
  await expect(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();
});
