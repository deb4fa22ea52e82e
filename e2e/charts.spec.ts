/** The charts on a recorded stream: what they say is what was measured, and people get at it. */
import { readFile } from 'node:fs/promises';
import { expect, type Locator, type Page } from '@playwright/test';
import { type FakeOptions, installFakeStudio } from './fake-studio';
import { StudioPage } from './studio-page';
import { test } from './test';

const withRuns: FakeOptions = { runs: 3, points: 30, adapters: 1, refuse: false };

async function openFake(page: Page, options: FakeOptions, runs: number): Promise<Locator> {
  await page.addInitScript(installFakeStudio, options);
  await page.goto('/');
  await new StudioPage(page).go('Compare');
  const boxes = page.locator('.run-name input');
  await boxes.first().waitFor({ timeout: 30_000 });
  for (const [i, box] of (await boxes.all()).entries()) await box.setChecked(i < runs);
  return page.getByRole('region', { name: 'Loss' });
}

const lossOfFirstRun = (step: number) =>
  0.3 + 0.4 * Math.exp(-step / 600) + 0.05 * Math.sin(step) * Math.cos(step / 3);

const chart = (loss: Locator, name: string) => loss.getByRole('img', { name, exact: true });

const marksOf = (loss: Locator, name: string, axis: 'x' | 'y') =>
  chart(loss, name)
    .locator(`.recharts-${axis}Axis-tick-labels .recharts-cartesian-axis-tick-value`)
    .allTextContents();

/** In the middle of the plot's height, at a share of its width. */
async function placeOn(picture: Locator, share: number): Promise<{ x: number; y: number }> {
  await picture.scrollIntoViewIfNeeded();
  const box = (await picture.locator('.chart-overlay').boundingBox())!;
  return { x: box.x + share * box.width, y: box.y + box.height / 2 };
}

async function choose(loss: Locator, ...names: string[]): Promise<void> {
  await loss.getByRole('button', { name: 'Charts' }).click();
  for (const name of names) await loss.getByRole('checkbox', { name }).check();
  await loss.page().keyboard.press('Escape');
}

test('what is read under the cursor is what was measured there', async ({ page }) => {
  const loss = await openFake(page, { ...withRuns, runs: 1 }, 1);
  await loss.getByRole('slider', { name: 'Smoothing' }).fill('0');
  const picture = chart(loss, 'Training and validation loss');
  const { x, y } = await placeOn(picture, (25 - 1 - 0.2) / 29);
  await page.mouse.move(x, y);
  const tooltip = loss.locator('.tooltip');
  await expect(tooltip).toContainText('Step 25');
  await expect(tooltip).toContainText(lossOfFirstRun(25).toFixed(4));
  // An evaluation was made at step 25, none at step 23.
  await expect(tooltip).toContainText('validation');
  const before = await placeOn(picture, (23 - 1) / 29);
  await page.mouse.move(before.x, before.y);
  await expect(tooltip).toContainText('Step 23');
  await expect(tooltip).toContainText(lossOfFirstRun(23).toFixed(4));
  await expect(tooltip).not.toContainText('validation');
});

test('all charts have one x axis, and every axis contains its curves in marks that differ', async ({
  page,
}) => {
  const loss = await openFake(page, withRuns, 3);
  await choose(loss, 'Learning rate', 'Gradient norm');
  await loss.getByRole('checkbox', { name: 'Log scale' }).check();
  const names = ['Training and validation loss', 'Validation accuracy', 'Learning rate', 'Gradient norm'];
  for (const name of names) {
    expect(await marksOf(loss, name, 'x'), name).toEqual(['5', '10', '15', '20', '25', '30']);
    const marks = await marksOf(loss, name, 'y');
    expect(new Set(marks).size, name).toBe(marks.length);
    expect(marks.length, name).toBeGreaterThanOrEqual(2);
    const plot = (await chart(loss, name).locator('.chart-overlay').boundingBox())!;
    for (const line of await chart(loss, name).locator('[data-testid=lines] path').all()) {
      const box = (await line.boundingBox())!;
      expect(box.y, name).toBeGreaterThanOrEqual(plot.y - 2);
      expect(box.y + box.height, name).toBeLessThanOrEqual(plot.y + plot.height + 2);
    }
  }
  const percents = (await marksOf(loss, 'Validation accuracy', 'y')).map((mark) => Number.parseFloat(mark));
  expect(Math.max(...percents)).toBeLessThanOrEqual(100);
  // The axis says what it does not know.
  await loss.getByRole('combobox', { name: 'Axis' }).selectOption('time');
  await expect(chart(loss, 'Learning rate')).toContainText('taken as even over the steps');
});

test('a drag over a chart zooms all of them, buttons do as well, and the legend hides and isolates', async ({
  page,
}) => {
  const loss = await openFake(page, withRuns, 3);
  const picture = chart(loss, 'Training and validation loss');
  const [from, to] = [await placeOn(picture, 0.25), await placeOn(picture, 0.5)];
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await page.mouse.move(to.x, to.y, { steps: 4 });
  await page.mouse.up();
  const zoomed = await marksOf(loss, 'Validation accuracy', 'x');
  expect(Number(zoomed[0])).toBeGreaterThanOrEqual(8);
  expect(Number(zoomed.at(-1))).toBeLessThanOrEqual(16);
  await loss.getByRole('button', { name: 'Later' }).click();
  expect(Number((await marksOf(loss, 'Validation accuracy', 'x')).at(-1))).toBeGreaterThan(16);
  await loss.getByRole('button', { name: 'Reset zoom' }).press('Enter');
  await expect.poll(() => marksOf(loss, 'Validation accuracy', 'x')).toContain('30');
  await loss.getByRole('button', { name: 'Zoom in' }).press('Enter');
  await expect.poll(() => marksOf(loss, 'Validation accuracy', 'x')).not.toContain('30');
  await loss.getByRole('button', { name: 'Zoom out' }).press('Enter');
  await expect.poll(() => marksOf(loss, 'Validation accuracy', 'x')).toContain('30');

  const lines = picture.locator('[data-testid=lines] path.recharts-line-curve');
  const drawn = await lines.count();
  const run = loss.getByRole('button', { name: 'amber-heron-2', exact: true });
  await expect(run).toHaveAttribute('aria-pressed', 'true');
  await run.click();
  await expect(run).toHaveAttribute('aria-pressed', 'false');
  await expect(lines).toHaveCount((drawn / 3) * 2);
  await loss.getByRole('button', { name: 'Only amber-heron-2' }).click();
  await expect(lines).toHaveCount(drawn / 3);
  await expect(run).toHaveAttribute('aria-pressed', 'true');
  await loss.getByRole('button', { name: 'Only amber-heron-2' }).click();
  await expect(lines).toHaveCount(drawn);
});

test('a run whose loss rose, or was no number, does not look well', async ({ page, context }) => {
  await openFake(page, { ...withRuns, live: 'rises' }, 0);
  const train = page.getByRole('button', { name: 'Train', exact: true });
  await train.click();
  await expect(page.getByRole('status')).toHaveText('Finished');
  await new StudioPage(page).go('Train');
  await expect(page.getByRole('region', { name: 'Result' })).toContainText('The training loss rose');
  const other = await context.newPage();
  const loss = await openFake(other, { ...withRuns, live: 'breaks' }, 0);
  await other.getByRole('button', { name: 'Train', exact: true }).click();
  await expect(other.getByRole('status')).toHaveText('Finished');
  await new StudioPage(other).go('Train');
  await expect(other.getByRole('region', { name: 'Result' })).toContainText('16 steps');
  const path = await loss.locator('[data-testid=lines] path.recharts-line-curve').last().getAttribute('d');
  expect(path!.split('M').length - 1).toBe(17);
  await expect(other.getByText(/live-run: training loss/)).toContainText('not a finite number 16 times');
});

for (const theme of ['light', 'dark'] as const) {
  test(`every chart becomes a drawing and a picture that stand alone, ${theme}`, async ({
    page,
    context,
  }) => {
    await page.emulateMedia({ colorScheme: theme });
    const names = ['amber <heron> & co', 'النموذج 🙂', 'c'.repeat(120)];
    const loss = await openFake(page, { ...withRuns, names }, 3);
    await choose(loss, 'Learning rate');
    const exported = async (name: string) => {
      await loss.getByRole('button', { name: 'Export chart' }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        loss.getByRole('button', { name, exact: true }).click(),
      ]);
      return { fileName: download.suggestedFilename(), bytes: await readFile(await download.path()) };
    };
    for (const title of ['Loss', 'Validation accuracy', 'Learning rate']) {
      const { fileName, bytes } = await exported(`${title} as SVG`);
      expect(fileName).toMatch(/^runs-\w+\.svg$/);
      const svg = bytes.toString('utf8');
      // Nothing is asked of the page or of a server.
      expect(svg).not.toMatch(/var\(|href|url\((?!#plot)|class=|style=/);
      const viewer = await context.newPage();
      await viewer.setContent(svg.replace(/^<\?xml.*\?>/, ''));
      const words = await viewer.locator('svg text').allTextContents();
      expect(words).toEqual(expect.arrayContaining([title, 'Step', '30', names[0], names[1]]));
      expect(await viewer.locator('svg path[clip-path]').count()).toBeGreaterThanOrEqual(3);
      // As a file of its own it must be well-formed.
      const problem = await viewer.evaluate(
        (text) =>
          new DOMParser().parseFromString(text, 'image/svg+xml').querySelector('parsererror')?.textContent,
        svg,
      );
      expect(problem).toBeUndefined();
      await viewer.close();
    }
    const { fileName, bytes } = await exported('Loss as PNG');
    expect(fileName).toBe('runs-loss.png');
    expect(bytes.subarray(1, 4).toString()).toBe('PNG');
    // Width and height stand in the header: twice the drawing's.
    expect(bytes.readUInt32BE(16)).toBe(1920);
  });
}

test('the schedule is drawn while it is edited', async ({ page }) => {
  await openFake(page, withRuns, 0);
  await new StudioPage(page).go('Train');
  await page.getByText('Advanced', { exact: true }).click();
  const curve = page.getByRole('img', { name: 'Learning rate over the run' }).locator('path');
  const falling = await curve.getAttribute('d');
  await page.getByRole('combobox', { name: 'Schedule' }).selectOption('constant');
  await expect(curve).not.toHaveAttribute('d', falling!);
  await expect(page.getByText('the rate begins at 0.0001 and stays')).toBeVisible();
});
