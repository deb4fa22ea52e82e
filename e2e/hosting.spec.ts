/** The built folder on a plain static host: no headers, any path, and two studios beside each other. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import { scriptsOfFirstPage } from '../scripts/first-page';
import { releaseZip } from '../scripts/release';
import { csvFile, moods } from './moods';
import { serveStatic } from './static-server';
import { StudioPage } from './studio-page';
import { test } from './test';

test.use({ serviceWorkers: 'allow' });

const tinyRun = { batchSize: 8, trainingRows: 16, epochs: 1 };

/** On a few rows of its own: the samples' validation rows would take most of the time. */
async function trainTiny(studio: StudioPage): Promise<void> {
  await studio.combobox('Dataset').selectOption({ label: 'moods.csv (yours)' });
  await studio.combobox('Base model').selectOption({ label: 'roberta-tiny' });
  await studio.fill(tinyRun);
  await studio.trainToTheEnd();
}

const keptOffline = (page: Page) =>
  page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');

/** The release's zip, unpacked: what a person puts on a server. */
function unpackedRelease(): string {
  const folder = mkdtempSync(join(tmpdir(), 'release-'));
  const zip = releaseZip({ built: 'dist', version: '0.0.0', licence: '', time: new Date() });
  for (const [name, bytes] of Object.entries(unzipSync(zip))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return join(folder, 'adapter-studio-0.0.0');
}

test('the first page asks for no more than 250 kB of compressed JavaScript', () => {
  const scripts = scriptsOfFirstPage('dist');
  const bytes = scripts.reduce((sum, { gzipBytes }) => sum + gzipBytes, 0);
  console.log(`first page: ${(bytes / 1000).toFixed(1)} kB in ${scripts.length} scripts`);
  // There is a page in it at all.
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes, JSON.stringify(scripts)).toBeLessThanOrEqual(250_000);
});

test('the release below /x/y/ of a server that sets no headers it trains, and again without the server', async ({
  page,
  context,
}) => {
  const site = await serveStatic({ root: unpackedRelease(), prefix: '/x/y/' });
  const studio = new StudioPage(page);
  await studio.open(site.url, 'webgpu');
  await page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(60)));
  await studio.region('Columns of moods.csv').getByRole('button', { name: 'Use this data' }).click();
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)');
  await trainTiny(studio);
  await keptOffline(page);
  expect(site.requests.filter((request) => !/ \/x\/y(\/|$)/.test(request))).toEqual([]);

  await site.close();
  await context.setOffline(true);
  await page.reload();
  await studio.combobox('Dataset').waitFor();
  await page.getByText('Licences', { exact: true }).click();
  // Of the page, of the training worker, and what lies beside them.
  for (const part of [
    'recharts 3',
    'fflate 0',
    '@huggingface/tokenizers 0',
    'roberta-tiny',
    'Rotten Tomatoes',
  ])
    await expect(page.getByRole('contentinfo').getByRole('listitem').filter({ hasText: part })).toHaveCount(
      1,
    );
  await page.getByText('fflate 0').click();
  await expect(page.getByText('Copyright (c) 2026 Arjun Barrett')).toBeVisible();
  await trainTiny(studio);
  const runs = await studio.runs();
  expect(runs.map(({ status, step }) => [status, step])).toEqual([
    ['finished', 2],
    ['finished', 2],
  ]);
  expect(runs[0]!.trainLoss.value).toEqual(runs[1]!.trainLoss.value);
});

test('two studios of one origin keep each its own page', async ({ page, context }) => {
  const other = mkdtempSync(join(tmpdir(), 'other-version-'));
  cpSync('dist', other, { recursive: true });
  const worker = join(other, 'offline.js');
  writeFileSync(
    worker,
    readFileSync(worker, 'utf8').replace(/^const version = .*$/m, 'const version = "other";'),
  );
  const site = await serveStatic(
    { root: 'dist' },
    { root: 'dist', prefix: '/a/' },
    { root: other, prefix: '/b/' },
  );
  const paths = ['', 'a/', 'b/'];
  for (const path of paths) {
    await new StudioPage(page).open(site.url + path, 'webgpu');
    await keptOffline(page);
  }
  await site.close();
  await context.setOffline(true);
  for (const path of paths) {
    await page.goto(site.url + path);
    await new StudioPage(page).combobox('Dataset').waitFor();
  }
  // What lies below a studio's path and is not its page is not answered with it.
  await expect(page.goto(`${site.url}c/`)).rejects.toThrow('ERR_INTERNET_DISCONNECTED');
});
