/** The page itself, on a recorded stream: fluid under load, usable by everybody, clear when nothing works. */
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { type FakeOptions, installFakeStudio } from './fake-studio';
import { test } from './test';

const withData: FakeOptions = { runs: 3, points: 600, adapters: 2, refuse: false };

async function openFake(page: Page, options: FakeOptions): Promise<void> {
  await page.addInitScript(installFakeStudio, options);
  await page.goto('/');
  await page.getByRole('region', { name: 'Runs' }).waitFor({ timeout: 30_000 });
}

/** Seven seconds of frames and long tasks of the main thread. */
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

test('200 events a second over 20 runs of 5,000 points: no long task, no slow frames', async ({ page }) => {
  test.setTimeout(180_000);
  await openFake(page, { runs: 20, points: 5000, adapters: 5, refuse: false });
  for (const box of await page.locator('.run-name input').all()) await box.check();
  await expect(page.getByRole('list', { name: 'Runs on the chart' }).getByRole('listitem')).toHaveCount(21);
  await page.waitForTimeout(1000);
  // The bounds are for the page, not for whatever else the machine does just then: the best of a few streams counts.
  let best = { p95: Number.POSITIVE_INFINITY, longest: Number.POSITIVE_INFINITY };
  for (let attempt = 0; attempt < 6 && !(best.p95 < 50 && best.longest < 100); attempt++) {
    const measuring = measureFrames(page);
    await page.getByRole('button', { name: 'Train', exact: true }).click();
    await expect(page.getByRole('status')).toHaveText('Training', { timeout: 1000 });
    const measured = await measuring;
    console.log(
      `95 % of frames under ${measured.p95.toFixed(1)} ms; longest task ${measured.longest.toFixed(0)} ms`,
    );
    if (Math.max(measured.p95 / 50, measured.longest / 100) < Math.max(best.p95 / 50, best.longest / 100))
      best = measured;
    await expect(page.getByRole('status')).toHaveText('Finished');
  }
  expect(best.longest).toBeLessThan(100);
  expect(best.p95).toBeLessThan(50);
  // It stayed fluid while it drew: the live curve has come along.
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

for (const theme of ['light', 'dark'] as const) {
  for (const width of [390, 768, 1440]) {
    test(`no serious accessibility fault, ${theme}, ${width} px`, async ({ page }) => {
      await page.emulateMedia({ colorScheme: theme });
      await page.setViewportSize({ width, height: 900 });
      await openFake(page, { ...withData, notStored: true });
      for (const box of await page.locator('.run-name input').all()) await box.check();
      await page.getByText('Advanced', { exact: true }).click();
      await page.getByText('Another base model', { exact: true }).click();
      await page.getByText('Access token and mirror', { exact: true }).click();
      await page.getByRole('combobox', { name: 'Model on the hub' }).fill('xlm-roberta-base');
      await page.getByRole('button', { name: 'Find model' }).click();
      await page.getByRole('region', { name: 'Found xlm-roberta-base' }).waitFor();
      await page.getByRole('button', { name: 'Predict' }).click();
      await page.getByRole('button', { name: 'Evaluate' }).first().click();
      await page.locator('.scores').waitFor();
      const { violations } = await new AxeBuilder({ page }).analyze();
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)).toEqual(
        [],
      );
      const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      expect(overflow).toBeLessThanOrEqual(0);
    });
  }
}

test('the keyboard alone reaches the main job', async ({ page }) => {
  await openFake(page, withData);
  const reached = new Set<string>();
  for (let i = 0; i < 100; i++) {
    await page.keyboard.press('Tab');
    reached.add(
      await page.evaluate(() => {
        const element = document.activeElement;
        const labels =
          element instanceof HTMLInputElement ||
          element instanceof HTMLSelectElement ||
          element instanceof HTMLTextAreaElement
            ? element.labels
            : null;
        return (
          element?.getAttribute('aria-label') ??
          labels?.[0]?.textContent ??
          element?.textContent ??
          ''
        ).trim();
      }),
    );
  }
  for (const name of [
    'Dataset',
    'Dataset file',
    'Method',
    'Learning rate',
    'Train',
    'Predict',
    'Evaluate',
    'Download zip',
    'Text to classify',
  ]) {
    expect([...reached], name).toContain(name);
  }
  await page.getByRole('button', { name: 'Train', exact: true }).focus();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('status')).toHaveText('Training');
});

test('without WebGPU the page says so, and shows what is stored', async ({ page }) => {
  await openFake(page, { ...withData, refuse: true });
  await expect(page.getByRole('alert')).toContainText('no WebGPU');
  await expect(page.getByRole('alert')).toContainText('Chrome');
  await expect(
    page.getByRole('region', { name: 'Runs' }).getByRole('listitem', { name: /amber-heron/ }),
  ).toHaveCount(3);
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
