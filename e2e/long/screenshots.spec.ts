/**
 * docs/screenshots and docs/studio.png: every place in both themes and at three widths, while a run trains and after. What is seen is a run of the
 * studio's own on a data set that comes with it: `LONG=1 npx playwright test e2e/long/screenshots`.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import { StudioPage } from '../studio-page';
import { test } from '../test';

test.skip(!process.env.LONG, 'pictures; set LONG=1');

const themes = ['light', 'dark'] as const;
const windows = [
  { width: 1440, height: 1000 },
  { width: 768, height: 1024 },
  { width: 390, height: 844 },
];

const folder = 'docs/screenshots';

/** As WebP, a fifth of what a PNG takes; Playwright itself writes none. */
async function takePicture(page: Page, name: string): Promise<void> {
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  await session.detach();
  writeFileSync(`${folder}/${name}.webp`, Buffer.from(data, 'base64'));
}

async function takePictures(studio: StudioPage, when: 'during' | 'after'): Promise<void> {
  const { page } = studio;
  for (const theme of themes) {
    const change = studio.button(`Switch to ${theme} theme`);
    if ((await change.count()) > 0) await change.click();
    for (const size of windows) {
      await page.setViewportSize(size);
      for (const place of ['Data', 'Train', 'Compare', 'Use'] as const) {
        await studio.go(place);
        // The charts follow the window, five times a second.
        await page.waitForTimeout(700);
        await takePicture(page, `${place.toLowerCase()}-${when}-${theme}-${size.width}`);
      }
    }
  }
  await page.setViewportSize(windows[0]!);
}

test('every place', async ({ page }) => {
  test.setTimeout(1_200_000);
  mkdirSync(folder, { recursive: true });
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.chooseTiny();
  await studio.combobox('Dataset').selectOption({ label: 'Customer reviews' });
  await studio.fill({ epochs: 3, batchSize: 16, trainingRows: 512 });
  const train = async (learningRate: number) => {
    await studio.go('Train');
    await studio.fill({ learningRate });
    await studio.trainToTheEnd();
  };
  await train(0.0005);
  await train(0.002);
  await studio.go('Compare');
  for (const box of await studio.region('Runs').getByRole('checkbox').all()) await box.check();
  await studio.go('Train');
  await studio.fill({ epochs: 100 });
  await studio.button('Train').click();
  await expect(studio.region('Run').locator('.stat', { hasText: 'Epoch' })).toContainText(/^Epoch[2-9]/);
  await takePictures(studio, 'during');
  await studio.button('Stop').click();
  await expect(studio.status).toHaveText('Stopped');
  await studio.go('Train');
  await studio.fill({ epochs: 4 });
  await train(0.004);
  await studio.go('Use');
  await page
    .getByRole('textbox', { name: 'Text to classify' })
    .fill('The battery is gone by noon, and the screen is hard to read outside.');
  await studio.button('Predict').click();
  await studio.region('Prediction').waitFor();
  await studio.region('Adapters').getByRole('button', { name: 'Evaluate' }).first().click();
  await studio.region('Evaluation').waitFor();
  await takePictures(studio, 'after');

  // The one that README shows.
  await studio.button('Switch to light theme').click();
  await studio.go('Train');
  await page.waitForTimeout(700);
  await page.screenshot({ path: 'docs/studio.png' });
});
