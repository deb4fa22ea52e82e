/** The four places: each has an address that back button, deep link and reload find again, and what trains is seen in all. */
import { expect, type Page } from '@playwright/test';
import { type FakeOptions, installFakeStudio } from './fake-studio';
import { moods } from './moods';
import { type Place, StudioPage } from './studio-page';
import { test } from './test';

const withRuns: FakeOptions = { runs: 3, points: 60, adapters: 2, refuse: false };
const places: readonly Place[] = ['Data', 'Train', 'Compare', 'Use'];

async function openFake(page: Page, address = '/', options = withRuns): Promise<StudioPage> {
  await page.addInitScript(installFakeStudio, options);
  await page.goto(address);
  await page.locator('.app:not([data-protection="unknown"])').waitFor();
  return new StudioPage(page);
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const ticked = async (page: Page) => {
  const rows = page.getByRole('region', { name: 'Runs' }).getByRole('listitem');
  await expect(rows).toHaveCount(3);
  return (await rows.getByRole('checkbox', { checked: true }).all()).length;
};

test('each place has an address, which links, the back button and a deep link lead to', async ({ page }) => {
  const studio = await openFake(page);
  await expect(heading(page)).toHaveText('Train');
  for (const place of places) {
    await studio.go(place);
    await expect(heading(page)).toBeFocused();
    await expect(page).toHaveURL(new RegExp(`#/${place.toLowerCase()}$`));
    await expect(page).toHaveTitle(`${place} – Adapter Studio`);
    await expect(page.getByRole('link', { name: place, exact: true })).toHaveAttribute(
      'aria-current',
      'page',
    );
  }
  await page.goBack();
  await expect(heading(page)).toHaveText('Compare');
  await page.goBack();
  await expect(heading(page)).toHaveText('Train');
  await page.goForward();
  await expect(heading(page)).toHaveText('Compare');
  await expect(studio.region('Runs')).toBeVisible();

  // A link to somewhere else in a tab of its own, and an address that leads nowhere.
  await page.goto('/?executor=onnx#/use');
  await expect(heading(page)).toHaveText('Use');
  await expect(studio.region('Adapters')).toBeVisible();
  await studio.go('Data');
  await expect(page).toHaveURL(/\?executor=onnx#\/data$/);
  await page.goto('/#/nowhere');
  await expect(heading(page)).toHaveText('Train');
});

test('ticked runs, axis, scale and smoothing stand in the address and survive a reload', async ({
  page,
  context,
}) => {
  const studio = await openFake(page, '/#/compare');
  const loss = studio.region('Loss');
  const run = (i: number) => page.getByRole('checkbox', { name: `amber-heron-${i}`, exact: true });
  expect(await ticked(page)).toBe(1);
  await run(1).check();
  await run(2).check();
  await loss.getByRole('combobox', { name: 'Axis' }).selectOption('epoch');
  await loss.getByRole('checkbox', { name: 'Log scale' }).check();
  await loss.getByRole('slider', { name: 'Smoothing' }).fill('0.9');
  await expect(page).toHaveURL(/#\/compare\?runs=run-2,run-0,run-1&axis=epoch&smoothing=0\.9&log=true$/);

  const seen = async (there: Page) => {
    const curves = new StudioPage(there).region('Loss');
    await expect(
      curves.getByRole('list', { name: 'Runs on the chart' }).getByRole('button', { name: /^amber/ }),
    ).toHaveCount(3);
    await expect(curves.getByRole('combobox', { name: 'Axis' })).toHaveValue('epoch');
    await expect(curves.getByRole('checkbox', { name: 'Log scale' })).toBeChecked();
    await expect(curves.getByRole('slider', { name: 'Smoothing' })).toHaveValue('0.9');
  };
  await page.reload();
  expect(await ticked(page)).toBe(3);
  await seen(page);
  // It comes along to other places, and back.
  await studio.go('Train');
  await seen(page);
  await studio.go('Use');
  await page.goBack();
  await page.goBack();
  expect(await ticked(page)).toBe(3);
  // Somebody else opens the link.
  const other = await context.newPage();
  await openFake(other, page.url().replace(/^.*(?=\/#)/, ''));
  await seen(other);
  // A place is a step of the history, a tick is none.
  await run(1).uncheck();
  await page.goForward();
  await expect(heading(page)).toHaveText('Train');
  await page.goBack();
  await expect(run(1)).not.toBeChecked();
});

test('the form survives a reload, but for what is not possible', async ({ page }) => {
  const studio = await openFake(page);
  await studio.fill({ epochs: 9, trainingRows: 64 });
  await studio.fill({ learningRate: 0 });
  await studio.combobox('Base model').selectOption({ label: 'roberta-base' });
  await page.getByText('Advanced', { exact: true }).click();
  await studio.combobox('Schedule').selectOption('constant');
  await page.getByRole('spinbutton', { name: 'Rank' }).fill('16');
  await page.reload();
  await expect(page.getByRole('spinbutton', { name: 'Epochs' })).toHaveValue('9');
  await expect(page.getByRole('spinbutton', { name: 'Training rows' })).toHaveValue('64');
  await expect(page.getByRole('spinbutton', { name: 'Learning rate' })).toHaveValue('0.0001');
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('roberta-base');
  await page.getByText('Advanced', { exact: true }).click();
  await expect(studio.combobox('Schedule')).toHaveValue('constant');
  await expect(page.getByRole('spinbutton', { name: 'Rank' })).toHaveValue('16');
  await expect(studio.button('Train')).toBeEnabled();
});

test('what trains is seen and held in every place, and so is what went wrong', async ({ page }) => {
  const studio = await openFake(page, '/', { ...withRuns, notStored: true });
  await studio.button('Train').click();
  for (const place of places) {
    await studio.go(place);
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await expect(page.getByRole('status')).toHaveCount(1);
    await expect(studio.status).toHaveText('Training');
    for (const part of [
      studio.status,
      studio.button('Pause'),
      studio.button('Stop'),
      page.getByRole('img', { name: /^Training loss of live-run, now 0\.\d+/ }),
    ])
      await expect(part).toBeInViewport({ ratio: 1 });
    await expect(page.getByRole('progressbar', { name: 'Training progress' })).toBeInViewport();
    await expect(page.getByRole('alert').filter({ hasText: 'not stored' })).toHaveCount(1);
  }
});

test('on a phone too, and there the curve comes before the form while it trains', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 844 });
  const studio = await openFake(page);
  const top = async (name: string, role: 'complementary' | 'region') =>
    (await page.getByRole(role, { name, exact: true }).boundingBox())!.y;
  await studio.button('Train').click();
  await expect(studio.status).toHaveText('Training');
  expect(await top('Loss', 'region')).toBeLessThan(await top('Set-up', 'complementary'));
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  for (const part of [
    studio.status,
    studio.button('Stop'),
    page.getByRole('img', { name: /^Training loss of live-run/ }),
    page.getByRole('link', { name: 'Use', exact: true }),
  ])
    await expect(part).toBeInViewport({ ratio: 1 });
  // What goes wrong far down is told in view, below the bar.
  await studio.go('Use');
  await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
  await studio.dropFiles(new Map([['broken.zip', new Uint8Array(4)]]));
  const problem = page.getByRole('alert').filter({ hasText: 'The file is no adapter.' });
  await expect(problem).toBeInViewport({ ratio: 1 });
  const bar = (await page.locator('.runbar-bar').boundingBox())!;
  expect((await problem.boundingBox())!.y).toBeGreaterThanOrEqual(bar.y + bar.height);
  await studio.button('Dismiss message').click();
  await expect(problem).toHaveCount(0);
});

test('what was begun in a place is found there again', async ({ page }) => {
  const studio = await openFake(page);
  await page.getByText('Advanced', { exact: true }).click();
  await studio.go('Use');
  await page.getByRole('textbox', { name: 'Text to classify' }).fill('half a sent');
  await studio.go('Compare');
  await studio.region('Loss').getByRole('checkbox', { name: 'As table' }).check();
  await studio.go('Use');
  await expect(page.getByRole('textbox', { name: 'Text to classify' })).toHaveValue('half a sent');
  await studio.go('Train');
  await expect(studio.combobox('Schedule')).toBeVisible();
  await expect(studio.region('Loss').getByRole('table')).toBeVisible();
});

test('from a file that is dropped anywhere to a trained classifier in two clicks, and the focus stays', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.chooseTiny();
  await studio.fill({ epochs: 1 });
  await studio.go('Use');
  await studio.dropFiles(new Map([['moods.csv', new TextEncoder().encode(moods(60))]]));
  await expect(heading(page)).toHaveText('Data');
  const mapping = studio.region('Columns of moods.csv');
  // A look elsewhere keeps what was chosen.
  await mapping.getByRole('combobox', { name: 'Text column' }).selectOption('id');
  await studio.go('Train');
  await expect(mapping.getByRole('combobox', { name: 'Text column' })).toHaveValue('id');
  await mapping.getByRole('combobox', { name: 'Text column' }).selectOption('message');
  await studio.go('Data');
  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)');
  await expect(studio.region('Chosen data set')).toContainText('happy');
  await studio.button('Train').focus();
  await page.keyboard.press('Enter');
  await expect(studio.status).toHaveText('Finished');
  await expect(studio.button('Train')).toBeFocused();
  await studio.go('Use');
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);

  // The end of a run takes its buttons away, and not the focus.
  await studio.go('Train');
  await studio.fill({ epochs: 1000 });
  await studio.button('Train').press('Enter');
  await expect(studio.status).toHaveText('Training');
  await studio.button('Pause').press('Enter');
  await expect(studio.button('Resume')).toBeFocused();
  await studio.button('Stop').press('Enter');
  await expect(studio.status).toHaveText('Stopped');
  await expect(studio.button('Train')).toBeFocused();
});
