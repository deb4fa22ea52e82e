/**
 * The journey in Firefox, which has no WebGPU here: it opens under all walls, trains on ONNX Runtime with threads, is reloaded in
 * the middle, resumes and gives the adapter. Driven over WebDriver BiDi by puppeteer: Playwright drives a Firefox of its own.
 */
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { unzipSync } from 'fflate';
import { type Browser, launch, type Page } from 'puppeteer-core';
import { findFirefox } from '../scripts/find-firefox';
import type { RunRecord } from '../src/protocol/records';
import { moods } from './moods';
import { recordsOf } from './studio-page';
import { test } from './test';

const firefox = findFirefox();
const folder = (name: string) => mkdtempSync(join(tmpdir(), `adapter-studio-${name}-`));

/** What is said to be where, as Playwright's locators by role find it. */
const named = (page: Page, role: string, name: string) =>
  page.locator(`::-p-aria([name="${name}"][role="${role}"])`);
const textOf = (page: Page, selector: string) => page.$eval(selector, ({ textContent }) => textContent ?? '');

async function open(page: Page, site: string): Promise<void> {
  await page.goto(site);
  await page.waitForSelector('.app[data-protection="protected"]');
}

/** Found and clicked at once: the page redraws itself as often as a run has news. */
async function click(page: Page, name: string): Promise<void> {
  const find = (wanted: string) => {
    const buttons = [...document.querySelectorAll('button')];
    const button = buttons.find(({ textContent, disabled }) => !disabled && textContent?.trim() === wanted);
    button?.click();
    return button !== undefined;
  };
  await expect
    .poll(() => page.evaluate(find, name), { message: `the button ${name}`, intervals: [10] })
    .toBe(true);
}

/** As a person types it: what is there is replaced. */
async function fill(page: Page, name: string, value: number): Promise<void> {
  await named(page, 'spinbutton', name).fill(String(value));
}

async function select(page: Page, name: string, label: string): Promise<void> {
  const combobox = await named(page, 'combobox', name).waitHandle();
  const value = await combobox.evaluate(
    (element, wanted) =>
      [...(element as HTMLSelectElement).options].find(({ text }) => text === wanted)?.value,
    label,
  );
  await combobox.asElement()!.select(value!);
}

const status = (page: Page) => textOf(page, '[role="status"]');

let browser: Browser | undefined;
test.afterEach(() => browser?.close());

test('Firefox trains on ONNX Runtime with threads, resumes after a reload and downloads', async ({
  baseURL,
}) => {
  test.skip(
    !firefox && !process.env.REQUIRE_FIREFOX,
    'no Firefox is installed; required with REQUIRE_FIREFOX=1',
  );
  expect(firefox, 'apt-get install firefox-esr, or FIREFOX_PATH').toBeDefined();
  const downloads = folder('downloads');
  browser = await launch({
    browser: 'firefox',
    executablePath: firefox!,
    extraPrefsFirefox: { 'browser.download.folderList': 2, 'browser.download.dir': downloads },
  });
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  page.on('dialog', (dialog) => void dialog.accept());
  const hosts = new Set<string>();
  page.on('request', (request) => {
    const { protocol, origin } = new URL(request.url());
    // Other schemes, as that of the file that is downloaded, have no host.
    if (/^(http|ws)/.test(protocol)) hosts.add(origin);
  });

  // As many as are asked for: on a busy machine one may be measured to be the faster.
  await open(page, `${baseURL}/?threads=2`);
  expect(await page.evaluate(() => [crossOriginIsolated, 'gpu' in navigator])).toEqual([true, false]);

  const csv = join(folder('data'), 'moods.csv');
  writeFileSync(csv, moods(60));
  const input = await page.waitForSelector('input[type="file"][accept*="csv"]');
  await input!.uploadFile(csv);
  await click(page, 'Use this data');
  await select(page, 'Base model', 'roberta-tiny');
  for (const [name, value] of Object.entries({ Epochs: 40, 'Batch size': 8, 'Training rows': 32 }))
    await fill(page, name, value);
  await click(page, 'Train');
  await expect
    .poll(() => textOf(page, '.runbar'), { timeout: 120_000, intervals: [10] })
    .toMatch(/Step\s*([2-9]|\d\d)/);
  await click(page, 'Pause');
  await expect.poll(() => status(page)).toBe('Paused');

  await page.reload();
  await page.waitForSelector('.app[data-protection="protected"]');
  await click(page, 'Resume');
  await expect.poll(() => status(page), { timeout: 120_000 }).toBe('Finished');
  const [run] = (await page.evaluate(recordsOf, 'run/')) as readonly RunRecord[];
  expect(run).toMatchObject({ step: 160, bitExact: true, executor: { executor: 'onnx' } });
  expect(run!.executor.runtime!.threads).toBe(2);

  await click(page, 'Download the adapter');
  // Firefox holds the name with an empty file and writes into one that ends in `.part`.
  const downloaded = () => readdirSync(downloads);
  await expect.poll(downloaded).toEqual([expect.stringMatching(/\.zip$/)]);
  const files = unzipSync(readFileSync(join(downloads, downloaded()[0]!)));
  expect(Object.keys(files)).toEqual(expect.arrayContaining(['adapter_config.json']));
  expect(errors).toEqual([]);
  expect([...hosts]).toEqual([baseURL]);
});
