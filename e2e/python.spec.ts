/** The form, and any run, as a Python script: live, to be copied, beside the page. What it says is tested in Python. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { installFakeStudio } from './fake-studio';
import { StudioPage } from './studio-page';
import { test } from './test';

async function open(page: Page): Promise<void> {
  await page.addInitScript(installFakeStudio, { runs: 2, points: 60, adapters: 1, refuse: false });
  await page.goto('/');
  await page.getByRole('spinbutton', { name: 'Learning rate' }).waitFor();
}

const python = (page: Page) =>
  page.getByRole('complementary', { name: 'Set-up' }).getByRole('button', { name: 'Python', exact: true });

test('the script follows the form and is copied', async ({ page, context }) => {
  await open(page);
  await python(page).click();
  const dialog = page.getByRole('dialog', { name: 'Python' });
  const script = dialog.getByRole('textbox', { name: 'Python script' });
  await expect(script).toHaveValue(/learning_rate=0\.0001,/);
  await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('0.002');
  await expect(script).toHaveValue(/learning_rate=0\.002,/);
  await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('');
  await expect(dialog).toContainText('Learning rate is empty.');
  await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('0.003');

  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(dialog.getByText('Copied.')).toBeVisible();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied).toBe(await script.inputValue());
  expect(copied).toContain('learning_rate=0.003,');
  // Another script is not copied yet, and where none may be it is selected.
  await page.getByRole('spinbutton', { name: 'Learning rate' }).fill('0.004');
  await expect(dialog.getByText('Copied.')).toBeHidden();
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));
  });
  await dialog.getByRole('button', { name: 'Copy', exact: true }).click();
  await expect(dialog.getByText(/selected above/)).toBeVisible();
  expect(await page.evaluate(() => getSelection()?.toString())).toContain('learning_rate=0.004,');
});

test('of a run it is what the run trained, and the keyboard is enough', async ({ page }) => {
  await open(page);
  await new StudioPage(page).go('Compare');
  const button = page
    .getByRole('region', { name: 'Runs' })
    .getByRole('listitem', { name: 'amber-heron-2' })
    .getByRole('button', { name: 'Python', exact: true });
  await button.focus();
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog', { name: 'Python' });
  await expect(dialog).toContainText('amber-heron-2');
  await expect(dialog.getByRole('textbox')).toHaveValue(/learning_rate=0\.0002,/);
  // The focus is in the dialog, and goes back with it.
  await expect.poll(() => dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(button).toBeFocused();
});

for (const theme of ['light', 'dark'] as const) {
  test(`it fits a phone and has no accessibility fault, ${theme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: theme });
    await page.setViewportSize({ width: 390, height: 844 });
    await open(page);
    await python(page).click();
    const dialog = page.getByRole('dialog', { name: 'Python' });
    await dialog.getByRole('textbox').waitFor();
    const { violations } = await new AxeBuilder({ page })
      .include('.python')
      .include('.python-offer')
      .analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
    const box = (await dialog.boundingBox())!;
    expect(box.x).toBeGreaterThanOrEqual(0);
    expect(box.x + box.width).toBeLessThanOrEqual(390);
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBeLessThanOrEqual(0);
  });
}
