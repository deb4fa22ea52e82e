/**
 * How fluid and how soon ready the page is, printed: frames and tasks of the main thread while a run streams 200 events a second
 * beside 20 drawn runs, a warm page without and with 300 stored runs of 5,000 points.
 * `npx playwright test --config bench/page/playwright.config.ts`
 */
import { expect, type Page } from '@playwright/test';
import { installFakeStudio } from '../../e2e/fake-studio';
import { StudioPage } from '../../e2e/studio-page';
import { test } from '../../e2e/test';

const storedRuns = 300;
const points = 5000;
const repetitions = 5;

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;

/** Seven seconds of frames and long tasks of the main thread, milliseconds. */
async function measureFrames(page: Page): Promise<{ readonly p95: number; readonly longest: number }> {
  const { frames, longTasks } = await page.evaluate(
    () =>
      new Promise<{ frames: number[]; longTasks: number[] }>((resolve) => {
        const frames: number[] = [];
        const longTasks: number[] = [];
        const observer = new PerformanceObserver((list) =>
          longTasks.push(...list.getEntries().map((entry) => entry.duration)),
        );
        observer.observe({ type: 'longtask' });
        let last = performance.now();
        const end = last + 7000;
        const tick = () => {
          const now = performance.now();
          frames.push(now - last);
          last = now;
          if (now < end) requestAnimationFrame(tick);
          else {
            observer.disconnect();
            resolve({ frames, longTasks });
          }
        };
        requestAnimationFrame(tick);
      }),
  );
  const sorted = [...frames].sort((a, b) => a - b);
  return { p95: sorted[Math.floor(0.95 * sorted.length)]!, longest: Math.max(0, ...longTasks) };
}

test('200 events a second beside 20 drawn runs of 5,000 points', async ({ page }) => {
  await page.addInitScript(installFakeStudio, { runs: 20, points, adapters: 5, refuse: false });
  await page.goto('/#/compare');
  for (const box of await page.locator('.run-name input').all()) await box.check();
  await expect(page.getByRole('list', { name: 'Runs on the chart' }).getByRole('listitem')).toHaveCount(21);
  for (let stream = 1; stream <= repetitions; stream++) {
    await page.waitForTimeout(1000);
    const measuring = measureFrames(page);
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    const { p95, longest } = await measuring;
    console.log(
      `stream ${stream}: 95 % of frames under ${p95.toFixed(1)} ms, longest task ${longest.toFixed(0)} ms`,
    );
    await expect(page.getByRole('status')).toHaveText('Finished');
  }
});

test('clicks while the GPU trains', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  await studio.fill({ epochs: 100, batchSize: 16, trainingRows: 64 });
  await studio.button('Train').click();
  await expect(studio.status).toHaveText('Training');
  // A box is ticked and painted.
  const paintedMs = await page.evaluate(async () => {
    const box = [...document.querySelectorAll('label')].find((label) => label.textContent === 'Log scale')!;
    const times: number[] = [];
    for (let i = 0; i < 10; i++) {
      const start = performance.now();
      box.click();
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
      times.push(performance.now() - start);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return Math.max(...times);
  });
  const answered = [];
  for (const [name, words] of [
    ['Pause', /Pausing|Paused/],
    ['Stop', /Stopping|Stopped/],
  ] as const) {
    const start = performance.now();
    await studio.button(name).click();
    await expect(studio.status).toHaveText(words);
    answered.push(`${name} after ${(performance.now() - start).toFixed(0)} ms`);
  }
  console.log(
    `slowest of ten clicks painted after ${paintedMs.toFixed(0)} ms; answered: ${answered.join(', ')}`,
  );
  await expect(studio.status).toHaveText('Stopped');
});

/** From the navigation until Train can be clicked (milliseconds), in the page's own clock. */
async function readyMs(page: Page, ready: (page: Page) => Promise<unknown>): Promise<number> {
  await page.reload({ waitUntil: 'commit' });
  await ready(page);
  return page.evaluate(() => performance.now());
}

const trainEnabled = (page: Page) =>
  expect(page.getByRole('button', { name: 'Train', exact: true })).toBeEnabled();

/** Copies of the one run that is stored, each with series of `points` points, as the studio stores them. */
async function storeCopies(page: Page, copies: number): Promise<void> {
  await page.evaluate(
    ([count, length]) =>
      new Promise<void>((resolve, reject) => {
        const opening = indexedDB.open('adapter-studio');
        opening.onerror = () => reject(opening.error);
        opening.onsuccess = () => {
          const database = opening.result;
          const writing = database.transaction('records', 'readwrite');
          const store = writing.objectStore('records');
          writing.onerror = () => reject(writing.error);
          writing.oncomplete = () => {
            database.close();
            resolve();
          };
          const step = Array.from({ length }, (_, i) => i + 1);
          const line = { step, value: step.map((i) => 0.3 + 0.4 / Math.sqrt(i)) };
          const run = store.getAll(IDBKeyRange.bound('run/', 'run/\uffff'));
          const chunk = store.getAll(IDBKeyRange.bound('series/', 'series/\uffff'));
          chunk.onsuccess = () => {
            for (let i = 0; i < count; i++) {
              const id = `copy-${i}`;
              const lengths = {
                trainLoss: length,
                gradientNorm: length,
                learningRate: length,
                evaluations: 0,
              };
              const from = { trainLoss: 0, gradientNorm: 0, learningRate: 0, evaluations: 0 };
              const lines = { trainLoss: line, gradientNorm: line, learningRate: line, evaluations: [] };
              store.put({ ...run.result[0], id, name: id, adapterId: null, series: lengths }, `run/${id}`);
              store.put({ ...chunk.result[0], runId: id, index: 0, from, ...lines }, `series/${id}/00000000`);
            }
          };
        };
      }),
    [copies, points] as const,
  );
}

test('a warm page, and one with 300 stored runs of 5,000 points', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open('/');
  await studio.fill({ epochs: 1, batchSize: 8, trainingRows: 16 });
  await studio.trainToTheEnd();
  const measure = async (what: string, ready: (page: Page) => Promise<unknown>) => {
    const times: number[] = [];
    for (let i = 0; i < repetitions; i++) times.push(await readyMs(page, ready));
    console.log(`${what}: ${median(times).toFixed(0)} ms (${times.map((ms) => ms.toFixed(0)).join(', ')})`);
  };
  await measure('warm page with one run, until Train is enabled', trainEnabled);
  await storeCopies(page, storedRuns - 1);
  await measure(`with ${storedRuns} runs, until Train is enabled`, trainEnabled);
  await studio.go('Compare');
  await measure(`with ${storedRuns} runs, until the list of runs is there`, async () => {
    await expect(studio.region('Runs').getByRole('listitem').first()).toBeVisible();
    await trainEnabled(page);
  });
  await expect(studio.region('Runs').getByRole('listitem').first()).toHaveAttribute(
    'aria-setsize',
    String(storedRuns),
  );
});
