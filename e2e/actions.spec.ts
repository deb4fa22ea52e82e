/** What can be done, by the keyboard: palette, shortcuts, the way back from a deletion, and the whole way to a downloaded adapter. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { readAdapterHub } from '../src/formats/adapterhub';
import { readZip } from '../src/formats/zip';
import { installFakeStudio } from './fake-studio';
import { StudioPage } from './studio-page';
import { test } from './test';

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const palette = (page: Page) => page.getByRole('dialog', { name: 'Commands' });

/** By the palette: what is called so, and can be done. */
async function command(page: Page, search: string): Promise<void> {
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('combobox', { name: 'Search commands' })).toBeFocused();
  await page.keyboard.type(search);
  await expect(palette(page).getByRole('option').first()).toHaveAttribute('data-highlighted', '');
  await page.keyboard.press('Enter');
  await expect(palette(page)).toBeHidden();
}

async function expectNoFault(page: Page): Promise<void> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`)).toEqual([]);
}

test('palette, shortcuts and undo lead everywhere, and the focus stays with the person', async ({ page }) => {
  const asked: string[] = [];
  page.on('dialog', (dialog) => {
    asked.push(dialog.message());
    void dialog.dismiss();
  });
  await page.addInitScript(installFakeStudio, { runs: 3, points: 30, adapters: 2, refuse: false });
  await page.goto('/');
  const studio = new StudioPage(page);
  await expect(studio.button('Train')).toBeEnabled();
  const runs = studio.region('Runs').getByRole('listitem');
  const row = (name: string) => studio.region('Runs').getByRole('listitem', { name, exact: true });

  // The sheet has them all, and goes back to where one was.
  await studio.button('Train').focus();
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toContainText('Export chart');
  await expectNoFault(page);
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(studio.button('Train')).toBeFocused();

  await page.keyboard.press('3');
  await expect(heading(page)).toHaveText('Compare');
  await expect(heading(page)).toBeFocused();
  await page.keyboard.press('l');
  await expect(page.getByRole('checkbox', { name: 'Log scale' })).toBeChecked();
  await page.keyboard.press('e');
  const menu = page.getByRole('dialog', { name: 'Export chart' });
  await expect.poll(() => menu.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  await page.keyboard.press('Escape');
  await expect(menu).toBeHidden();
  await expect(studio.button('Export chart')).toBeFocused();
  // In a field the keys type.
  await page.keyboard.press('f');
  await expect(page.getByRole('searchbox', { name: 'Search runs' })).toBeFocused();
  await page.keyboard.type('heron-1');
  await expect(runs).toHaveCount(1);
  await expect(heading(page)).toHaveText('Compare');
  await expect(page).toHaveURL(/log=true&search=heron-1$/);
  await page.reload();
  await expect(runs).toHaveCount(1);
  await expect(page.getByRole('searchbox', { name: 'Search runs' })).toHaveValue('heron-1');
  await page.getByRole('searchbox', { name: 'Search runs' }).fill('');
  await expect(runs).toHaveCount(3);

  // Deleted by the palette, and had back by a key.
  await command(page, 'delete run heron-2');
  await expect(row('amber-heron-2')).toHaveCount(0);
  await expect(page.getByText('Deleted amber-heron-2.')).toBeVisible();
  await expect(page.getByRole('status')).toHaveCount(1);
  await expectNoFault(page);
  await studio.button('Undo').focus();
  await page.keyboard.press('Control+z');
  await expect(row('amber-heron-2')).toBeVisible();
  await expect(studio.button('Delete run amber-heron-2')).toBeFocused();
  // What cannot be done is said, and nothing happens.
  await page.keyboard.press('p');
  await expect(page.getByText('Pause: Nothing is training.')).toBeVisible();

  // An adapter, by its button; the page that goes meanwhile loses nothing.
  await page.keyboard.press('4');
  const adapters = studio.region('Adapters').locator('.adapter-list > li');
  await expect(adapters).toHaveCount(2);
  const name = (await adapters.first().getAttribute('aria-label'))!;
  await studio.button(`Delete adapter ${name}`).press('Enter');
  await expect(adapters).toHaveCount(1);
  await expect(studio.button('Undo')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(adapters).toHaveCount(2);
  await expect(studio.button(`Delete adapter ${name}`)).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(adapters).toHaveCount(1);
  await page.reload();
  await expect(adapters).toHaveCount(2);

  // Without the keys that type, by choice, for good; the palette is left.
  await command(page, 'shortcuts of a single');
  await page.keyboard.press('1');
  await page.reload();
  await expect(adapters).toHaveCount(2);
  await page.keyboard.press('1');
  await command(page, 'switch theme');
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  await expect(heading(page)).toHaveText('Use');
  await page.keyboard.press('Control+k');
  await expect(palette(page)).toBeVisible();
  await expectNoFault(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await expectNoFault(page);
  const box = (await palette(page).boundingBox())!;
  expect(box.x).toBeGreaterThanOrEqual(0);
  expect(box.x + box.width).toBeLessThanOrEqual(390);
  expect(asked).toEqual([]);
});

/** To a field, by Tab alone. */
async function tabTo(page: Page, name: string): Promise<void> {
  const field = page.getByLabel(name, { exact: true });
  for (let i = 0; i < 90; i++) {
    if (await field.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`The keyboard does not reach ${name}.`);
}

test('the keyboard alone leads from an opened page to a downloaded adapter', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await tabTo(page, 'Base model');
  await page.keyboard.type('roberta-tiny');
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('roberta-tiny');
  for (const [name, value] of [
    ['Epochs', '1'],
    ['Batch size', '8'],
    ['Training rows', '16'],
  ] as const) {
    await tabTo(page, name);
    await page.keyboard.press('Control+a');
    await page.keyboard.type(value);
  }
  const rows = page.getByRole('spinbutton', { name: 'Training rows' });
  await command(page, 'training train');
  await expect(rows).toBeFocused();
  await expect(studio.status).not.toHaveText('Ready');
  await expect(studio.status).toHaveText('Finished', { timeout: 120_000 });
  await expect(rows).toBeFocused();
  const { fileName, bytes } = await studio.download(() => command(page, 'download zip'));
  expect(readAdapterHub(readZip(bytes, fileName), fileName).head.labels).toHaveLength(2);
});
