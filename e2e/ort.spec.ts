/**
 * ONNX Runtime in the training worker, under all walls: from the studio's own files, with threads where the page is isolated,
 * with one where it is not, and without a network once it was used.
 */
import { readdirSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import type { loadOrt } from '../src/runtime/onnx/load-ort';
import { multiplyOnes, onesMultiplied, productModel } from '../test/onnx-product';
import { serveStatic } from './static-server';
import { StudioPage } from './studio-page';
import { test } from './test';

test.use({ serviceWorkers: 'allow' });

/** In the training worker, which holds the module that the executor would load. */
async function multiply(page: Page) {
  const worker = page.workers().find((candidate) => candidate.url().includes('training.worker'))!;
  const script = readdirSync('dist/assets').find((file) => /^load-ort-.*\.js$/.test(file))!;
  const ort = await worker.evaluateHandle(async (address) => {
    const module: { readonly loadOrt: typeof loadOrt } = await import(address);
    return module.loadOrt(2);
  }, `./${script}`);
  return await ort.evaluate(multiplyOnes, productModel);
}

const threadsOf = (page: Page) => page.workers().filter((worker) => /ort-wasm/.test(worker.url()));

/** Every address that page and workers ask for, until the page is closed. */
function addressesOf(page: Page): readonly string[] {
  const addresses: string[] = [];
  page.context().on('request', (request) => addresses.push(request.url()));
  return addresses;
}

test('under npm start it has a second thread, and asks nobody else', async ({ page, baseURL }) => {
  const addresses = addressesOf(page);
  await new StudioPage(page).open('/', 'webgpu');
  expect(await multiply(page)).toEqual({ ...onesMultiplied, threads: 2 });
  expect(threadsOf(page)).toHaveLength(1);
  expect(addresses.filter((address) => /ort-wasm-simd-threaded-[\w-]+\.wasm$/.test(address))).toHaveLength(1);
  expect(addresses.filter((address) => !address.startsWith(`${baseURL}/`))).toEqual([]);
});

test('below /x/y/ of a server without headers it comes at its first use, and then without the server', async ({
  page,
  context,
}) => {
  const addresses = addressesOf(page);
  const site = await serveStatic({ root: 'dist', prefix: '/x/y/' });
  const studio = new StudioPage(page);
  await studio.open(site.url, 'webgpu');
  await expect(page.locator('.app')).toHaveAttribute('data-protection', 'protected');
  const fetches = () => site.requests.filter((request) => request.endsWith('.wasm'));
  expect(fetches()).toEqual([]);
  expect(await multiply(page)).toEqual({ ...onesMultiplied, threads: 2 });
  expect(fetches()).toHaveLength(1);
  expect(site.requests.filter((request) => !/ \/x\/y(\/|$)/.test(request))).toEqual([]);

  // Kept while its answer is already in use.
  await page.waitForFunction(async () => {
    const found = await Promise.all(
      (await caches.keys()).map(async (name) => (await caches.open(name)).keys()),
    );
    return found.flat().some(({ url }) => url.endsWith('.wasm'));
  });
  await site.close();
  await context.setOffline(true);
  await page.reload();
  await studio.combobox('Dataset').waitFor();
  expect(await multiply(page)).toEqual({ ...onesMultiplied, threads: 2 });
  expect(threadsOf(page)).toHaveLength(1);
  expect(addresses.filter((address) => !address.startsWith(site.url))).toEqual([]);
});

test.describe('without service workers', () => {
  test.use({ serviceWorkers: 'block' });

  test('on a server without headers it has one thread', async ({ page }) => {
    const site = await serveStatic({ root: 'dist' });
    await new StudioPage(page).open(site.url, 'webgpu');
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(false);
    expect(await multiply(page)).toEqual({ ...onesMultiplied, threads: 1 });
    expect(threadsOf(page)).toEqual([]);
    await site.close();
  });
});
