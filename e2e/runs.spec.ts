/** The list of runs: found, ordered, named, repeated, changed, deleted and had back; the same after a reload; of hundreds too. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { installFakeStudio } from './fake-studio';
import { StudioPage } from './studio-page';
import { test } from './test';

const list = (studio: StudioPage) => studio.region('Runs').getByRole('listitem');
const rowOf = (studio: StudioPage, name: string) =>
  studio.region('Runs').getByRole('listitem', { name, exact: true });

test('a run is renamed, tagged, found, run again with the same curve, changed, deleted and had back', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.chooseTiny();
  await studio.fill({ learningRate: 0.002, epochs: 1, batchSize: 8, trainingRows: 32, seed: 7 });
  await studio.trainToTheEnd();
  await studio.go('Compare');
  const first = (await list(studio).first().getAttribute('aria-label'))!;

  await studio.button(`Edit ${first}`).press('Enter');
  await expect(page.getByRole('textbox', { name: 'Run name' })).toBeFocused();
  await page.getByRole('textbox', { name: 'Run name' }).fill('the steady one');
  await page.getByRole('textbox', { name: 'Tags' }).fill('keep, seed 7');
  await page.getByRole('textbox', { name: 'Notes' }).fill('as in the paper');
  await page.getByRole('textbox', { name: 'Tags' }).press('Enter');
  const steady = rowOf(studio, 'the steady one');
  await expect(steady).toContainText('keep');
  await expect(studio.button('Edit the steady one')).toBeFocused();

  await steady.getByRole('button', { name: 'Run again', exact: true }).click();
  await expect(list(studio)).toHaveCount(2);
  await expect(list(studio).filter({ hasText: 'Finished' })).toHaveCount(2, { timeout: 120_000 });
  const [again, before] = await studio.runs();
  expect(before!.name).toBe('the steady one');
  expect(again!.settings).toEqual(before!.settings);
  expect(again!.trainLoss).toEqual(before!.trainLoss);
  expect(again!.evaluations).toEqual(before!.evaluations);
  const [digest, digestBefore] = await studio.adapterDigests();
  expect(digest).toBe(digestBefore);

  const search = page.getByRole('searchbox', { name: 'Search runs' });
  await search.fill('PAPER steady');
  await expect(list(studio)).toHaveCount(1);
  await expect(steady).toBeVisible();
  await search.fill('');
  await studio.combobox('Sort runs').selectOption({ label: 'Oldest first' });
  await expect(list(studio).first()).toHaveAttribute('aria-label', 'the steady one');
  await studio.combobox('Group runs').selectOption({ label: 'By tag' });
  await expect(studio.region('Runs').getByRole('heading', { level: 3 })).toHaveText([
    'keep 1',
    'seed 7 1',
    'No tag 1',
  ]);
  await studio.combobox('Group runs').selectOption({ label: 'No groups' });

  await steady.getByRole('button', { name: 'Change and run', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train');
  const basis = page.getByRole('group', { name: 'Filled from a run' });
  await expect(basis).toContainText('the steady one');
  await expect(basis).toContainText('Seed');
  await expect(page.getByRole('spinbutton', { name: 'Seed' })).toHaveValue('7');
  await studio.fill({ seed: 8 });
  await expect(basis).toContainText('Changed since: Seed.');
  await page.getByRole('button', { name: 'Back to what the steady one had' }).click();
  await expect(page.getByRole('spinbutton', { name: 'Seed' })).toHaveValue('7');

  await studio.go('Compare');
  await studio.button('Delete run the steady one').press('Enter');
  await expect(steady).toHaveCount(0);
  await expect(studio.button('Undo')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(steady).toBeVisible();
  // Left with the way back still open, nothing is lost.
  await studio.button('Delete run the steady one').click();
  await expect(steady).toHaveCount(0);
  await studio.open('/', 'onnx');
  await studio.go('Compare');
  await expect(list(studio)).toHaveCount(2);
  await expect(steady).toContainText('keep');

  await studio.button('Archive the steady one').click();
  await expect(steady).toHaveCount(0);
  await studio.button('Filter and columns').click();
  await page.getByRole('checkbox', { name: 'Show archived (1)' }).check();
  await expect(steady).toContainText('Archived');
  await studio.button('Delete run the steady one').click();
  await studio.button('Delete now').click();
  await expect(list(studio)).toHaveCount(1);
  await expect.poll(async () => (await studio.runs()).map(({ name }) => name)).toEqual([again!.name]);
});

async function openFake(page: Page, runs: number): Promise<StudioPage> {
  // No colour on its way to another one.
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.addInitScript(installFakeStudio, { runs, points: 6, adapters: 1, refuse: false });
  await page.goto('/#/compare');
  await page
    .getByRole('searchbox', { name: 'Search runs' })
    .or(page.getByText('Every run is kept'))
    .waitFor();
  return new StudioPage(page);
}

for (const runs of [0, 3, 300])
  test(`the list of ${runs} runs can be used by everybody, at any width`, async ({ page }) => {
    const studio = await openFake(page, runs);
    if (runs === 300) {
      // Those in view, and the last one too once it is.
      expect(await list(studio).count()).toBeLessThan(60);
      const last = rowOf(studio, 'amber-heron-1');
      await page.locator('.run-scroll').evaluate((box) => box.scrollTo(0, box.scrollHeight));
      await expect(last.getByRole('checkbox')).toBeVisible();
      await page.getByRole('searchbox', { name: 'Search runs' }).fill('heron-123');
      await expect(list(studio)).toHaveCount(1);
      await page.getByRole('searchbox', { name: 'Search runs' }).fill('');
    }
    if (runs > 0) await studio.button('Filter and columns').click();
    for (const theme of ['light', 'dark']) {
      const change = studio.button(`Switch to ${theme} theme`);
      if ((await change.count()) > 0) await change.click();
      for (const width of [1440, 390]) {
        await page.setViewportSize({ width, height: 900 });
        const { violations } = await new AxeBuilder({ page }).analyze();
        const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
        expect(found, `${theme}, ${width} px`).toEqual([]);
        const overflow = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        expect(overflow).toBe(0);
        await test.info().attach(`${runs}-${theme}-${width}`, {
          body: await page.screenshot(),
          contentType: 'image/png',
        });
      }
    }
  });
