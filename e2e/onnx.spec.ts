/** A model leaves as ONNX: its zip classifies on a plain server that reaches nobody, and its files are verified in the page. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, type Page } from '@playwright/test';
import { onnxBytes, pageBytes } from '../src/formats/onnx/size';
import { readZip } from '../src/formats/zip';
import { loraFile } from './adapter-files';
import { serveStatic } from './static-server';
import { StudioPage } from './studio-page';
import { test } from './test';

const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function openWithAdapter(page: Page) {
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  const buffer = loraFile('roberta-tiny', 128, 2, 0.3);
  await page
    .getByLabel('Adapter file')
    .setInputFiles({ name: 'python.zip', mimeType: 'application/zip', buffer });
  const row = studio.region('Adapters').getByRole('listitem', { name: 'from_python' });
  await row.getByRole('combobox', { name: /as ONNX/ }).selectOption('all');
  return { studio, row };
}

test('the zip classifies in a browser that can reach nobody but its server', async ({ page, context }) => {
  const { studio, row } = await openWithAdapter(page);
  await page.getByRole('textbox', { name: 'Text to classify' }).fill('a fine film');
  await studio.button('Predict').click();
  const prediction = studio.region('Prediction');
  await expect(prediction).toContainText('%');
  const shareOf = (text: string | null) => Number(/👍\D*(\d+\.\d) %/u.exec(text ?? '')?.[1]);
  const expected = shareOf(await prediction.textContent());

  const { fileName, bytes } = await studio.download(() =>
    row.getByRole('button', { name: 'Download ONNX' }).click(),
  );
  expect(fileName).toBe('from_python-onnx.zip');
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
  // What the page said before: to a few percent, of 1.5 million numbers and a head of 17 thousand.
  const said = (['f32', 'f16', 'int8'] as const).reduce(
    (sum, precision) => sum + onnxBytes(precision, 1_486_720, 17_000),
    pageBytes,
  );
  expect(Math.abs(bytes.byteLength / said - 1)).toBeLessThan(0.05);

  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const site = await serveStatic({ root: folder });
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
  for (const [dtype, tolerance] of [
    ['q8', 3],
    ['fp16', 0.2],
    ['fp32', 0.1],
  ] as const) {
    await own.getByRole('combobox', { name: 'Weights' }).selectOption(dtype);
    await expect(own.getByRole('status')).toHaveText('Ready');
    await own.getByRole('textbox', { name: 'Text' }).fill('a fine film');
    await own.getByRole('button', { name: 'Classify' }).click();
    await expect(own.getByRole('status')).toHaveText(/\d ms/);
    const given = shareOf(await own.getByRole('row', { name: '👍' }).textContent());
    expect(Math.abs(given - expected)).toBeLessThanOrEqual(tolerance + 0.01);
    expect(site.requests.filter((request) => request.endsWith('.onnx'))).toContain(
      `GET /onnx/model${{ fp32: '', fp16: '_fp16', q8: '_quantized' }[dtype]}.onnx`,
    );
  }
  await own.goto(`file://${folder}/index.html`);
  await expect(own.getByText('python3 -m http.server 8000')).toBeVisible();
  await site.close();
  expect(elsewhere).toEqual([]);
});

test('Verify runs the files through transformers.js, under the policy and with its own origin only', async ({
  page,
  baseURL,
}) => {
  const addresses: string[] = [];
  page.context().on('request', (request) => addresses.push(request.url()));
  const { row } = await openWithAdapter(page);
  await row.getByRole('button', { name: 'Verify' }).click();
  const results = row.getByRole('region', { name: 'Verification' }).getByRole('row');
  await expect(results).toHaveCount(4, { timeout: 240_000 });
  const cells = async (at: number) => (await results.nth(at).getByRole('cell').allInnerTexts()) as string[];
  for (const [at, largest, agreement] of [
    [1, 1e-4, 100],
    [2, 1e-2, 99],
    [3, 0.3, 90],
  ] as const) {
    const [difference, same] = await cells(at);
    expect(Number(difference)).toBeLessThan(largest);
    expect(Number(difference)).toBeGreaterThan(0);
    expect(Number(same!.replace(' %', ''))).toBeGreaterThanOrEqual(agreement);
  }
  console.log(await results.allInnerTexts());
  expect(
    addresses.filter((address) => !address.startsWith(`${baseURL}/`) && !address.startsWith('blob:')),
  ).toEqual([]);
});
