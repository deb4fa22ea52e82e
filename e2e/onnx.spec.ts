/** A model leaves as ONNX: its zip classifies on a plain server that reaches nobody, and its files are verified in the page. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { type BrowserContext, expect, type Page } from '@playwright/test';
import { onnxBytes, pageBytes } from '../src/formats/onnx/size';
import { readZip } from '../src/formats/zip';
import { csvFile, moods } from './moods';
import { type StaticSite, serveStatic } from './static-server';
import { StudioPage } from './studio-page';
import { test } from './test';
import { topics } from './topics';
import { verified } from './verified';

const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Trains LoRA on roberta-tiny with ONNX Runtime, on rows that a few steps learn. */
async function trainOn(page: Page, name: string, rows: string, epochs: number) {
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await page.getByLabel('Dataset file').setInputFiles(csvFile(name, rows));
  await studio.region(`Columns of ${name}`).getByRole('button', { name: 'Use this data' }).click();
  await studio.chooseTiny();
  await studio.fill({ learningRate: 0.005, epochs, batchSize: 16, trainingRows: null });
  await studio.trainToTheEnd();
  await studio.go('Use');
  const row = studio.region('Adapters').getByRole('listitem').first();
  return { studio, row, verify: row.getByRole('button', { name: 'Verify', exact: true }) };
}

/** The probability of a label in a text of the page, as it stands there. */
const shareOf = (label: string, text: string | null) =>
  Number(new RegExp(`${label}\\D*(\\d+\\.\\d) %`, 'u').exec(text ?? '')?.[1]);

function unpack(files: ReadonlyMap<string, Uint8Array>, name: string): string {
  const root = join(folder, name);
  for (const [file, content] of files) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), content);
  }
  return root;
}

/** A page of a site whose every request elsewhere is refused, and told of. */
async function ownPage(context: BrowserContext, site: StaticSite) {
  const elsewhere: string[] = [];
  await context.route(
    (url) => !url.href.startsWith(site.url) && !['data:', 'blob:', 'file:'].includes(url.protocol),
    (route) => {
      elsewhere.push(route.request().url());
      return route.abort();
    },
  );
  const own = await context.newPage();
  await own.goto(site.url);
  return { own, elsewhere };
}

const ready = (own: Page) => expect(own.getByRole('status')).toHaveText('Ready');

/** Nothing is wrong to axe, and nothing lies beyond the window's edge, in both themes and at two widths. */
async function expectUsable(own: Page): Promise<void> {
  for (const width of [1440, 390])
    for (const colorScheme of ['light', 'dark'] as const) {
      await own.setViewportSize({ width, height: 900 });
      await own.emulateMedia({ colorScheme });
      const { violations } = await new AxeBuilder({ page: own }).analyze();
      const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`);
      expect(found, `${colorScheme} at ${width}`).toEqual([]);
      const { scrollWidth, clientWidth } = await own.evaluate(() => {
        const { scrollWidth, clientWidth } = document.documentElement;
        return { scrollWidth, clientWidth };
      });
      expect(scrollWidth).toBeLessThanOrEqual(clientWidth);
    }
}

test('files are verified, and their zip classifies in a browser that can reach nobody but its server', async ({
  page,
  context,
  baseURL,
}) => {
  const addresses: string[] = [];
  context.on('request', (request) => addresses.push(request.url()));
  const { studio, row, verify } = await trainOn(page, 'moods.csv', moods(240), 5);
  const [run] = await studio.runs();
  expect(run!.executor.executor).toBe('onnx');
  const accuracy = run!.results!.evalMetrics.accuracy!;
  // Three moods: chance is a third.
  expect(accuracy).toBeGreaterThan(0.8);
  await row.getByRole('combobox', { name: /as ONNX/ }).selectOption('all');
  await verify.click();
  const cells = await verified(row, 3);
  for (const [at, largest, agreement] of [
    [0, 1e-4, 100],
    [1, 2e-2, 99],
    [2, 0.5, 95],
  ] as const) {
    const [difference, same] = cells[at]!;
    expect(Number(difference)).toBeLessThan(largest);
    expect(Number(difference)).toBeGreaterThan(0);
    expect(Number(same!.replace(' %', ''))).toBeGreaterThanOrEqual(agreement);
  }
  expect(cells[0]![2]).toContain((100 * accuracy).toFixed(1));
  expect(
    addresses.filter((address) => !address.startsWith(`${baseURL}/`) && !address.startsWith('blob:')),
  ).toEqual([]);

  const text = 'a furious day, mad and shouting';
  await page.getByRole('textbox', { name: 'Text to classify' }).fill(text);
  await studio.button('Predict').click();
  const prediction = studio.region('Prediction');
  await expect(prediction).toContainText('%');
  const expected = shareOf('angry', await prediction.textContent());
  expect(expected).toBeGreaterThan(60);

  const { fileName, bytes } = await studio.download(() =>
    row.getByRole('button', { name: 'Download ONNX' }).click(),
  );
  expect(fileName).toMatch(/-onnx\.zip$/);
  const files = readZip(bytes, fileName);
  expect([...files.keys()].map((name) => name.replace(/-[\w-]{8}(\.\w+)$/, '$1')).sort()).toEqual([
    'README.md',
    'config.json',
    'index.html',
    'onnx/model.onnx',
    'onnx/model_fp16.onnx',
    'onnx/model_quantized.onnx',
    'runtime/LICENSES.txt',
    'runtime/classifier.worker.js',
    'runtime/ort-wasm-simd-threaded.js',
    'runtime/ort-wasm-simd-threaded.wasm',
    'tokenizer.json',
    'tokenizer_config.json',
  ]);
  expect(new TextDecoder().decode(files.get('runtime/LICENSES.txt'))).toContain(
    'THIRD PARTY SOFTWARE NOTICES AND INFORMATION',
  );
  // What the page said before: to a few percent, of 1.5 million numbers and a head of 17 thousand.
  const said = (['f32', 'f16', 'int8'] as const).reduce(
    (sum, precision) => sum + onnxBytes(precision, 1_486_720, 25_000),
    pageBytes,
  );
  expect(Math.abs(bytes.byteLength / said - 1)).toBeLessThan(0.05);

  const root = unpack(files, 'classes');
  const site = await serveStatic({ root });
  const { own, elsewhere } = await ownPage(context, site);
  const area = own.getByRole('textbox', { name: 'Text' });
  for (const [dtype, tolerance] of [
    ['q8', 3],
    ['fp16', 0.2],
    ['fp32', 0.1],
  ] as const) {
    await own.getByRole('combobox', { name: 'Weights' }).selectOption(dtype);
    await ready(own);
    await area.fill(text);
    await own.getByRole('button', { name: 'Classify' }).click();
    await expect(own.getByRole('status')).toHaveText(/\d ms/);
    const given = shareOf('angry', await own.getByRole('row', { name: 'angry' }).textContent());
    expect(Math.abs(given - expected)).toBeLessThanOrEqual(tolerance + 0.01);
    expect(site.requests.filter((request) => request.endsWith('.onnx'))).toContain(
      `GET /onnx/model${{ fp32: '', fp16: '_fp16', q8: '_quantized' }[dtype]}.onnx`,
    );
  }
  // By the keyboard alone, from the text on.
  await area.fill('a glad day, joy and smiling');
  await area.press('Enter');
  await expect(own.getByRole('caption')).toContainText('glad');
  await expect(own.getByRole('row').first()).toContainText('happy');
  await expect(area).toBeFocused();
  for (const name of ['Classify', 'Weights']) {
    await own.keyboard.press('Tab');
    await expect(own.getByLabel(name).or(own.getByRole('button', { name }))).toBeFocused();
  }

  await own.goto(`file://${root}/index.html`);
  const notice = own.getByRole('region', { name: 'Not served' });
  await expect(notice).toContainText('This page has to be served.');
  await expect(notice).toContainText('python3 -m http.server 8000');
  await expect(own.getByRole('button', { name: 'Classify' })).toBeHidden();
  await site.close();
  expect(elsewhere).toEqual([]);
});

test('several labels leave, each with its own probability; Verify can be cancelled and left', async ({
  page,
  context,
}) => {
  const { studio, row, verify } = await trainOn(page, 'topics.csv', topics(120), 8);
  // Ended in the middle, and by a reload: nothing is left of it, and nothing is in its way.
  const progress = row.getByRole('progressbar', { name: /^Verification of/ });
  await verify.click();
  await expect(progress).toBeVisible();
  await row.getByRole('button', { name: 'Cancel' }).click();
  await expect(progress).toBeHidden();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(row.getByRole('region', { name: 'Verification' })).toHaveCount(0);
  await verify.click();
  await expect(progress).toBeVisible();
  await page.reload();
  await verify.click();
  const [cells] = await verified(row, 1);
  const [difference, same, figure] = cells!;
  expect(Number(difference)).toBeLessThan(1e-4);
  expect(same).toBe('100.0 %');
  expect(figure).toMatch(/micro F1/i);
  const { fileName, bytes } = await studio.download(() =>
    row.getByRole('button', { name: 'Download ONNX' }).click(),
  );
  // Deleted while it is verified: it goes, and nothing is said of it.
  await verify.click();
  await expect(progress).toBeVisible();
  await studio.deleteForGood(row.getByRole('button', { name: /^Delete adapter/ }));
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(0);
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(studio.button('Train')).toBeEnabled();

  const site = await serveStatic({ root: unpack(readZip(bytes, fileName), 'labels') });
  const { own, elsewhere } = await ownPage(context, site);
  await ready(own);
  await own.getByRole('textbox', { name: 'Text' }).fill('news of bank and price with rain and wind');
  await own.getByRole('textbox', { name: 'Text' }).press('Enter');
  await expect(own.getByText('those of 50 % or more are given')).toBeVisible();
  const shares = await Promise.all(
    ['money', 'sport', 'weather'].map(async (name) => {
      const label = own.getByRole('row', { name });
      const share = shareOf(name, await label.textContent());
      expect((await label.textContent())!.includes('✓'), name).toBe(share >= 50);
      return share;
    }),
  );
  await expectUsable(own);
  // No shares of one whole.
  expect(shares[0]! + shares[2]!).toBeGreaterThan(110);
  expect(shares[1]).toBeLessThan(50);
  await site.close();
  expect(elsewhere).toEqual([]);
});
