/** A run from click to result on a recorded stream: acknowledgement, figures, title, leaving, crash, shortcuts. */
import { expect, type Page, test } from '@playwright/test';
import { recording, studioInUse } from './fake-recording';
import { openWithFakeWorker } from './fake-worker';

const slow = { stepsPerSecond: 40, totalSteps: 1602, eventsPerSecond: 10 };
const fast = { stepsPerSecond: 600, totalSteps: 600, eventsPerSecond: 10 };

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const region = (page: Page, name: string) => page.getByRole('region', { name, exact: true });

test('Train, Pause, Resume and Stop show at once, in the words that automation knows', async ({ page }) => {
  await openWithFakeWorker(page, recording({ live: slow }));
  const status = page.getByRole('status');
  await button(page, 'Train').click();
  await expect(status).toHaveText('Training', { timeout: 500 });
  await expect(region(page, 'Run')).toContainText('Preparing');
  await expect(region(page, 'Run')).toContainText('0 of');
  await expect(page).toHaveTitle(/^\d+ % · Adapter Studio$/);
  await button(page, 'Pause').click();
  await expect(status).toHaveText('Pausing', { timeout: 100 });
  await expect(status).toHaveText('Paused');
  await button(page, 'Resume').click();
  await expect(status).toHaveText('Training');
  await button(page, 'Stop').click();
  await expect(status).toHaveText('Stopped');
  await expect(button(page, 'Train')).toBeEnabled();
  await expect(page).toHaveTitle('Adapter Studio');
});

test('a finished run shows the reference’s figures and the adapter first in its list', async ({ page }) => {
  await openWithFakeWorker(page, { ...studioInUse(), live: fast });
  await button(page, 'Train').click();
  await expect(page.getByRole('status')).toHaveText('Finished');
  const result = region(page, 'Result');
  for (const name of ['Global step', 'Train loss', 'Runtime', 'Samples/s', 'Steps/s', 'Total FLOPs'])
    await expect(result.getByText(name, { exact: true })).toBeVisible();
  await expect(result).toContainText('2,141,601,149,692,800');
  await expect(result).toContainText('0.4104');
  await expect(result).toContainText('82.1 %');
  const first = region(page, 'Adapters').getByRole('listitem').first();
  await expect(first).toHaveAccessibleName(/keen-kestrel/);
  const download = page.waitForEvent('download');
  await first.getByRole('button', { name: 'Download zip', exact: true }).click();
  expect((await download).suggestedFilename()).toBe('recorded.zip');
});

test('a pause that the worker refuses is taken back, and said', async ({ page }) => {
  await openWithFakeWorker(page, recording({ live: slow }));
  await button(page, 'Train').click();
  await expect(region(page, 'Run')).not.toContainText('Preparing');
  await page.evaluate(() =>
    window.fakeWorker.refuseNext('pause', { code: 'x', message: 'It cannot pause.', hint: 'Try Stop.' }),
  );
  await button(page, 'Pause').click();
  await expect(page.getByRole('alert')).toContainText('It cannot pause. Try Stop.');
  await expect(page.getByRole('status')).toHaveText('Training');
});

test('a crashed worker leaves the curve, says so once and offers to reload', async ({ page }) => {
  await openWithFakeWorker(page, recording({ live: slow }));
  await button(page, 'Train').click();
  const curve = region(page, 'Loss').locator('.recharts-line-curve').first();
  await expect(curve).toBeVisible();
  await page.evaluate(() => window.fakeWorker.crash('out of memory'));
  await expect(page.getByRole('alert')).toHaveCount(1);
  await expect(page.getByRole('alert')).toContainText('out of memory');
  await expect(page.getByRole('status')).toHaveText('Interrupted');
  await expect(curve).toBeVisible();
  await expect(button(page, 'Train')).toBeDisabled();
  await expect(button(page, 'Reload')).toBeVisible();
});

test('leaving asks only while a run is active, and hiding the page asks for a checkpoint', async ({
  page,
}) => {
  await openWithFakeWorker(page, recording({ live: slow }));
  const asksToStay = () =>
    page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));
  const hide = () =>
    page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
      return window.fakeWorker.commands.filter((name) => name === 'checkpoint').length;
    });
  expect(await asksToStay()).toBe(false);
  expect(await hide()).toBe(0);
  await button(page, 'Train').click();
  await expect(page.getByRole('status')).toHaveText('Training');
  expect(await asksToStay()).toBe(true);
  expect(await hide()).toBe(1);
  await button(page, 'Stop').click();
  await expect(page.getByRole('status')).toHaveText('Stopped');
  expect(await asksToStay()).toBe(false);
});

test('the keyboard alone trains, pauses, goes on and stops', async ({ page }) => {
  await openWithFakeWorker(page, recording({ live: slow }));
  const status = page.getByRole('status');
  await expect(button(page, 'Train')).toBeEnabled();
  await page.keyboard.press('Control+Enter');
  await expect(region(page, 'Run')).not.toContainText('Preparing');
  await expect(status).toHaveText('Training');
  await page.keyboard.press('Alt+P');
  await expect(status).toHaveText('Paused');
  await page.keyboard.press('Alt+P');
  await expect(status).toHaveText('Training');
  await page.keyboard.press('Alt+S');
  await expect(status).toHaveText('Stopped');
});
