/** Nothing leaves the machine: a whole journey with every request of the browser recorded, from outside of it. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, chromium, expect } from '@playwright/test';
import { findChromium, softwareWebGpuArguments } from '../scripts/find-chromium';
import { csvFile, moods } from './moods';
import { type Recorder, recordRequests } from './recorder';
import { type StaticSite, serveStatic } from './static-server';
import { StudioPage } from './studio-page';
import { test } from './test';
import type { Violations } from './violations';

/**
 * Chromium's own services: signing in, updates of its parts, what forms mean. It asks for them whatever page is open, an empty one
 * too. What a page or a worker asks of them Playwright sees.
 */
const browsersOwn =
  /^(?:CONNECT|POST) (?:https?:\/\/)?(?:accounts\.google|update\.googleapis|content-autofill\.googleapis)\.com[:/]/;

/** A browser of its own, since a proxy is the whole browser's. */
async function recordedBrowser(
  root: string,
  violations: Violations,
): Promise<{ site: StaticSite; recorder: Recorder; browser: Browser }> {
  const site = await serveStatic({ root });
  const recorder = await recordRequests(new URL(site.url).origin);
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: softwareWebGpuArguments,
    // Loopback too, which browsers ask directly otherwise.
    proxy: { server: recorder.server, bypass: '<-loopback>' },
  });
  await violations.watch(browser);
  return { site, recorder, browser };
}

test('open, drop, train, evaluate, predict, download, reload: no request goes to another host', async ({
  violations,
}) => {
  const { site, recorder, browser } = await recordedBrowser('dist', violations);
  const context = await browser.newContext({ serviceWorkers: 'allow' });
  const asked: string[] = [];
  context.on('request', (request) => asked.push(request.url()));
  const page = await context.newPage();
  const studio = new StudioPage(page);
  await studio.open(site.url);
  await page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(60)));
  await studio.region('Columns of moods.csv').getByRole('button', { name: 'Use this data' }).click();
  await studio.combobox('Base model').selectOption({ label: 'roberta-tiny' });
  await studio.fill({ batchSize: 8, trainingRows: 16, epochs: 1 });
  await studio.trainToTheEnd();
  await studio.go('Use');
  await studio.region('Adapters').getByRole('button', { name: 'Evaluate' }).first().click();
  await expect(studio.region('Evaluation')).toContainText('Macro F1');
  await page.getByRole('textbox', { name: 'Text to classify' }).fill('a furious day');
  await studio.button('Predict').click();
  await expect(studio.region('Prediction')).toContainText('a furious day');
  await studio.download(() => page.getByRole('button', { name: 'Download zip' }).first().click());
  await page.getByText('Licences', { exact: true }).click();
  await page.waitForFunction(async () => (await navigator.serviceWorker.ready).active?.state === 'activated');
  await page.reload();
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);

  expect(recorder.foreign.filter((request) => !browsersOwn.test(request))).toEqual([]);
  expect(asked.filter((url) => !url.startsWith(site.url) && !/^(?:blob|data):/.test(url))).toEqual([]);
  // Nothing went around the recorder, and it did see the page, its worker and its service worker.
  // A request that a reload breaks off may never reach the site.
  const times = (requests: readonly string[], one: string) =>
    requests.filter((other) => other === one).length;
  expect(site.requests.filter((one) => times(site.requests, one) > times(recorder.own, one))).toEqual([]);
  for (const seen of [
    'GET /',
    'GET /offline.js',
    'GET /licences.json',
    'GET /models/roberta-tiny/model.safetensors',
  ])
    expect(recorder.own).toContain(seen);
  await browser.close();
  await Promise.all([recorder.close(), site.close()]);
});

test('the recorder sees what page, worker and service worker ask of another host', async ({ violations }) => {
  const root = mkdtempSync(join(tmpdir(), 'talkative-'));
  const ask = (who: string) => `fetch('http://other.invalid/${who}').catch(() => {})`;
  writeFileSync(join(root, 'worker.js'), ask('worker'));
  writeFileSync(join(root, 'offline.js'), `oninstall = (event) => event.waitUntil(${ask('service-worker')})`);
  writeFileSync(
    join(root, 'index.html'),
    `<!doctype html><img src="http://other.invalid/picture"><link rel="stylesheet" href="http://other.invalid/style">
    <script>${ask('page')}; new Worker('worker.js'); navigator.serviceWorker.register('offline.js');
    navigator.sendBeacon('http://other.invalid/beacon'); fetch('https://secure.invalid/').catch(() => {});
    new WebSocket('ws://socket.invalid/'); fetch('http://127.0.0.1:8999/loopback').catch(() => {});</script>`,
  );
  const { site, recorder, browser } = await recordedBrowser(root, violations);
  const page = await browser.newPage({ serviceWorkers: 'allow' });
  await page.goto(site.url);
  const others = ['beacon', 'page', 'picture', 'service-worker', 'style', 'worker'];
  const expected = [
    'CONNECT secure.invalid:443',
    'CONNECT socket.invalid:80',
    'GET http://127.0.0.1:8999/loopback',
    ...others.map((who) => `${who === 'beacon' ? 'POST' : 'GET'} http://other.invalid/${who}`),
  ];
  const foreign = () => recorder.foreign.filter((request) => !browsersOwn.test(request));
  await expect.poll(() => [...new Set(foreign())].sort()).toEqual(expected.sort());
  await browser.close();
  await Promise.all([recorder.close(), site.close()]);
});
