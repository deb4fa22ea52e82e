/** Which executor computes: chosen by itself, by the address, in the form; and what the record says of it. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, expect } from '@playwright/test';
import { findChromium } from '../scripts/find-chromium';
import { findPython } from '../test/python';
import { csvFile, moods } from './moods';
import { downloadReplay } from './replay';
import { type FormInput, StudioPage } from './studio-page';
import { test } from './test';

const python = findPython();

const onnx = {
  executor: 'onnx',
  isSoftwareAdapter: true,
  runtime: { backend: 'wasm', version: expect.stringMatching(/^\d/), threads: expect.any(Number) },
};

test('chosen by itself where there is no graphics card: ONNX Runtime, in words and in the record', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open('/?trace', 'automatic');
  await expect(studio.combobox('Executor').locator('option:checked')).toHaveText('Automatic');
  await expect(page.getByRole('complementary', { name: 'Set-up' })).toContainText(
    /ONNX Runtime \d.* computes\. WebGPU has only a software adapter here/,
  );
  // How many rows a few minutes allow is tried, not assumed.
  const message = page.locator('.message', { hasText: 'rows a second' });
  await expect(message).toContainText(/roberta-mini trained [\d.]+ rows a second/);
  const rows = /opens with (\d+|all) training rows/.exec((await message.textContent()) ?? '')?.[1];
  await expect(page.getByRole('spinbutton', { name: 'Training rows' })).toHaveValue(
    rows === 'all' ? '' : rows!,
  );
  await expect(studio.combobox('Base model')).toHaveValue('roberta-mini');
  // So is how many threads are the fastest.
  await expect(page.getByRole('complementary', { name: 'Set-up' })).toContainText(
    /wasm, \d threads? \(measured\)/,
  );
  await studio.chooseTiny();
  await studio.fill({ learningRate: 0.002, epochs: 1, batchSize: 16, trainingRows: 64 });
  await studio.trainToTheEnd();
  const [run] = await studio.runs();
  expect(run!.executor).toMatchObject(onnx);
  const { threads, speeds } = run!.executor.runtime!;
  expect(speeds!.map((tried) => tried.threads)).toContain(threads);
  expect(run!.kernelTable).toMatchObject({ backend: 'wasm', threads: String(threads) });
  expect(run!.step).toBe(4);
  expect(run!.bitExact).toBe(true);
  await expect(studio.region('Run')).toContainText('ONNX Runtime');
  await expect(studio.region('Result')).toContainText('ONNX Runtime');

  // Where the time went, of page and worker, as trace viewers take it.
  const { bytes } = await studio.download(() => studio.button('Download trace').click());
  const { traceEvents } = JSON.parse(new TextDecoder().decode(bytes)) as {
    traceEvents: { name: string; ph: string; ts: number; dur: number; tid: number }[];
  };
  const spanOf = (name: string) => traceEvents.find((event) => event.name === name && event.ph === 'X')!;
  const toFirstPoint = spanOf('Train to the first point');
  for (const name of ['prepare run', 'tokenize training rows', 'open session', 'ONNX step']) {
    const spans = traceEvents.filter((event) => event.name === name);
    const within = spans.filter(
      ({ ts, dur, tid }) =>
        tid !== toFirstPoint.tid && ts >= toFirstPoint.ts && ts + dur <= toFirstPoint.ts + toFirstPoint.dur,
    );
    expect(within, `${name} between the click and the first point`).not.toHaveLength(0);
  }
});

/** Steps enough to pause between, of a data set whose validation rows take no time. */
const settings: FormInput = { learningRate: 0.002, epochs: 12, batchSize: 8, trainingRows: 32 };
const totalSteps = 48;

async function openWithMoods(
  studio: StudioPage,
  site: string,
  executor: 'onnx' | 'automatic',
): Promise<void> {
  await studio.open(site, executor);
  await studio.page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(60)));
  await studio.button('Use this data').click();
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)');
  await studio.chooseTiny();
  await studio.fill(settings);
}

/** Trains until a few steps are done, and pauses. */
async function trainAndPause(studio: StudioPage): Promise<void> {
  await studio.button('Train').click();
  // In its middle, which may last two seconds; the run before this one may still be shown, at its end.
  const step = studio.region('Run').locator('.stat', { hasText: 'Step' }).first();
  await expect.poll(() => step.textContent(), { intervals: [10] }).toMatch(/Step([1-9]|[1-3]\d) of 48/);
  await studio.button('Pause').click();
  await expect(studio.status).toHaveText('Paused');
}

test('a run is resumed on ONNX Runtime to the same bits, and on WebGPU to nearly the same', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await openWithMoods(studio, '/?threads=1', 'onnx');
  await studio.trainToTheEnd();
  const [whole] = await studio.runs();
  const [digest] = await studio.adapterDigests();
  expect(whole!.step).toBe(totalSteps);

  // The page goes away while it is paused, and where it comes back another number of threads was chosen: a worker with as many as
  // before goes on.
  await trainAndPause(studio);
  page.once('dialog', (dialog) => void dialog.accept());
  await studio.open('/?threads=2', 'onnx');
  await expect(page.getByRole('complementary', { name: 'Set-up' })).toContainText('wasm, 2 threads computes');
  const row = studio.region('Runs').getByRole('listitem').first();
  await expect(row).toContainText('Interrupted');
  await row.getByRole('button', { name: 'Resume' }).click();
  await expect(studio.status).toHaveText('Finished');
  const [resumed] = await studio.runs();
  expect(resumed!.bitExact).toBe(true);
  expect(resumed!.executor.runtime!.threads).toBe(1);
  expect(resumed!.parts).toBeUndefined();
  expect(resumed!.trainLoss.value).toEqual(whole!.trainLoss.value);
  expect(await studio.adapterDigests()).toEqual([digest, digest]);

  // While it is paused, another executor is chosen.
  await studio.combobox('Dataset').selectOption({ label: 'moods.csv (yours)' });
  await studio.chooseTiny();
  await studio.fill(settings);
  await trainAndPause(studio);
  await studio.combobox('Executor').selectOption({ label: 'WebGPU' });
  await expect(page.getByRole('complementary', { name: 'Set-up' })).toContainText('WebGPU on');
  await studio.button('Resume').click();
  await expect(studio.status).toHaveText('Finished', { timeout: 120_000 });
  const [moved] = await studio.runs();
  expect(moved!.executor).toMatchObject({ executor: 'webgpu' });
  expect(moved!.parts).toMatchObject([
    { afterStep: 0, executor: onnx },
    { afterStep: expect.any(Number), executor: { executor: 'webgpu' } },
  ]);
  expect(moved!.parts![1]!.afterStep).toBeGreaterThan(0);
  expect(moved!.parts![1]!.afterStep).toBeLessThan(totalSteps);
  expect(moved!.bitExact).toBe(false);
  expect(moved!.dispatches).toBeGreaterThan(0);
  await expect(studio.region('Result')).toContainText(
    /ONNX Runtime.*, from step \d+ WebGPU on .*, not bit-exact/,
  );
  expect(moved!.trainLoss.step).toEqual(whole!.trainLoss.step);
  const worst = Math.max(
    ...moved!.trainLoss.value.map((loss, i) => Math.abs(loss / whole!.trainLoss.value[i]! - 1)),
  );
  console.log(`largest relative difference of ${totalSteps} losses: ${worst.toExponential(2)}`);
  expect(worst).toBeLessThan(2e-3);
});

test('a step that blocks the worker: the page answers at once, and ends it when asked again', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.chooseTiny();
  // Steps of two blocks of seconds, four of them an epoch.
  await studio.fill({ epochs: 10, batchSize: 1024, trainingRows: 8192 });
  await page.getByText('Advanced', { exact: true }).click();
  await page.getByRole('spinbutton', { name: 'Accumulation' }).fill('2');
  await studio.button('Train').click();
  const steps = studio.region('Run').locator('.stat', { hasText: 'Step' }).first();
  await expect(steps).toContainText('1 of 40');
  await studio.button('Pause').click();
  await expect(studio.status).toHaveText('Pausing', { timeout: 1000 });
  await expect(studio.region('Run')).toContainText(/A step takes about [\d.]+ s/);
  await expect(studio.status).toHaveText('Paused');
  await expect(steps).toContainText('2 of 40');
  await studio.button('Resume').click();
  await expect(studio.status).toHaveText('Training');
  await studio.button('Stop').click();
  await expect(studio.status).toHaveText('Stopping', { timeout: 1000 });
  await expect(studio.region('Run')).toContainText('Stop again ends it now');
  await studio.button('Stop').click();
  await expect(studio.status).toHaveText('Interrupted');
  const [ended] = await studio.runs();
  expect(ended).toMatchObject({ status: 'interrupted', step: 2, error: null });

  // What it was told stays, and another worker goes on from the checkpoint.
  await expect(page.getByRole('spinbutton', { name: 'Batch size' })).toHaveValue('1024');
  const row = studio.region('Runs').getByRole('listitem').first();
  await row.getByRole('button', { name: 'Resume' }).click();
  await expect(steps).toContainText('3 of 40');
  await studio.button('Stop').click();
  await expect(studio.status).toHaveText('Stopped');
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);
  await expect(page.getByRole('alert')).toHaveCount(0);
});

test('a browser without WebGPU: one click trains an adapter that Python loads', async ({ violations }) => {
  test.skip(!python, 'no Python with adapters; required with REQUIRE_PYTHON=1');
  const browser = await chromium.launch({
    executablePath: findChromium(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-features=WebGPU'],
  });
  await violations.watch(browser);
  const page = await browser.newPage({ baseURL: test.info().project.use.baseURL! });
  const studio = new StudioPage(page);
  await openWithMoods(studio, '/', 'automatic');
  expect(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null)).toBeNull();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByRole('complementary', { name: 'Set-up' })).toContainText(
    /ONNX Runtime \d.* computes\. .*(no WebGPU|no graphics adapter)/,
  );
  await studio.trainToTheEnd();
  const [run] = await studio.runs();
  expect(run!.executor).toMatchObject(onnx);
  const folder = await downloadReplay(studio);
  const zip = await studio.download(() => page.getByRole('button', { name: 'Download zip' }).first().click());
  writeFileSync(join(folder, zip.fileName), zip.bytes);
  execFileSync(
    python!,
    [
      join(process.cwd(), 'interop/check_adapter_zip.py'),
      ...['--base', join(process.cwd(), 'public/models/roberta-tiny'), '--adapter', zip.fileName],
      ...['--inputs', 'validation_inputs.jsonl', '--expected', 'validation_logits.json', '--atol', '1e-4'],
    ],
    { cwd: folder },
  );
  await browser.close();
});
