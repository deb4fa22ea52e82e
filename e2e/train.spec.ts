/** The first journey: click Train on real data, and the numbers are Python's. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { parseTable } from '../src/data/csv/table';
import { findPython } from '../test/python';
import { downloadReplay, replay } from './replay';
import { type MeasuredRun, StudioPage } from './studio-page';
import { test } from './test';

const python = findPython();

test('one click trains on the GPU, and Python replays every loss', async ({ page }) => {
  test.skip(!python, 'no Python with adapters; required with REQUIRE_PYTHON=1');
  test.setTimeout(600_000);
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('Rotten Tomatoes');
  // One epoch: on a software adapter the validation rows at its end take longer than its steps.
  await studio.fill({ learningRate: 0.002, epochs: 1, batchSize: 16, trainingRows: 320 });
  await studio.setDropout(false);
  await studio.trainToTheEnd(360_000);

  const [run] = (await studio.runs()) as readonly [MeasuredRun];
  expect(run.executor).toMatchObject({ executor: 'webgpu' });
  expect(run.executor.adapter).not.toBe('');
  expect(run.dispatches).toBeGreaterThan(20 * 50);
  expect(run.step).toBe(20);
  await expectReplayed(studio, run);
});

test('one click trains on ONNX Runtime, and Python replays every loss', async ({ page }) => {
  test.skip(!python, 'no Python with adapters; required with REQUIRE_PYTHON=1');
  test.setTimeout(600_000);
  const studio = new StudioPage(page);
  await studio.open('/', 'onnx');
  await studio.chooseTiny();
  // 320 rows in batches of 16 for three epochs: 60 steps, after each epoch an evaluation of some rows, and of all at the end.
  await studio.fill({
    learningRate: 0.002,
    epochs: 3,
    batchSize: 16,
    trainingRows: 320,
    validationRows: 200,
  });
  await studio.setDropout(false);
  await studio.trainToTheEnd();
  const [run] = (await studio.runs()) as readonly [MeasuredRun];
  expect(run.executor).toMatchObject({ executor: 'onnx', runtime: { backend: 'wasm' } });
  expect(run).toMatchObject({ step: 60, dispatches: 0, bitExact: true, results: { evalRows: 1066 } });
  expect(run.evaluations.map(({ step, rows }) => [step, rows])).toEqual([
    [20, 200],
    [40, 200],
    [60, 200],
  ]);
  await expect(studio.region('Result')).toContainText('on 1,066 validation rows');
  await expect(studio.region('Loss')).toContainText('of the same 200 of 1,066 rows');
  await studio
    .region('Run')
    .getByText(/^in .* s$/)
    .hover();
  await expect(studio.region('Run').getByRole('row', { name: /^Evaluations/ })).toBeVisible();
  await expectReplayed(studio, run);

  await studio.go('Use');
  await page.getByRole('textbox', { name: 'Text to classify' }).fill('I am Good');
  await studio.button('Predict').click();
  await expect(page.getByRole('region', { name: 'Prediction' })).toContainText('👍');
  await studio.go('Train');
  // The picture of the README, its charts drawn at full width.
  await page.getByText('Advanced', { exact: true }).click();
  const chart = page
    .getByRole('img', { name: 'Training and validation loss' })
    .locator('svg.recharts-surface');
  await expect.poll(async () => (await chart.boundingBox())?.width).toBeGreaterThan(900);
  await page.screenshot({ path: 'docs/studio.png' });
});

/** Every loss and logit are Python's, and the zip gives them in the real library. */
async function expectReplayed(studio: StudioPage, run: MeasuredRun): Promise<void> {
  const replayFiles = await downloadReplay(studio);
  // Evaluations on the way are after each epoch here.
  const replayed = replay(python!, replayFiles, '--eval-every 20');
  const losses = replayed.steps.map(({ loss }) => loss);
  const worst = Math.max(...losses.map((loss, i) => Math.abs(run.trainLoss.value[i]! - loss) / loss));
  console.log(
    `largest relative difference of ${losses.length} losses from Python's: ${worst.toExponential(2)}`,
  );
  expect(losses.length).toBe(run.step);
  expect(worst).toBeLessThan(2e-4);
  const { logits } = JSON.parse(readFileSync(join(replayFiles, 'validation_logits.json'), 'utf8')) as {
    logits: number[][];
  };
  const worstLogit = Math.max(
    ...logits.flatMap((row, i) =>
      row.map((logit, c) => Math.abs(logit - replayed.final_eval_logits[i]![c]!)),
    ),
  );
  console.log(
    `largest difference of ${logits.length} rows of validation logits: ${worstLogit.toExponential(2)}`,
  );
  expect(logits.length).toBe(1066);
  expect(worstLogit).toBeLessThan(2e-3);
  const ours = [
    ...run.evaluations.slice(0, -1),
    { loss: run.results!.evalLoss, ...run.results!.evalMetrics },
  ];
  const theirs = replayed.eval.filter(({ step }) => step > 0);
  expect(theirs).toHaveLength(ours.length);
  theirs.forEach(({ loss, accuracy }, i) => {
    expect(Math.abs(ours[i]!.loss - loss)).toBeLessThan(2e-3);
    expect(ours[i]!.accuracy).toBeCloseTo(accuracy, 2);
  });

  // A text is predicted as the row that it is.
  const rows = parseTable(readFileSync(join(replayFiles, 'validation.csv'), 'utf8'), 'validation.csv').rows;
  const [text] = rows[0]!;
  await studio.go('Use');
  const odds = replayed.final_eval_logits[0]!.map(Math.exp);
  await studio.page.getByRole('textbox', { name: 'Text to classify' }).fill(text!);
  await studio.button('Predict').click();
  await expect(studio.region('Prediction')).toContainText(text!);
  const shown = /👍\D*(\d+\.\d) %/u.exec((await studio.region('Prediction').textContent()) ?? '');
  expect(Math.abs(Number(shown![1]) / 100 - odds[1]! / (odds[0]! + odds[1]!))).toBeLessThan(0.002);

  // The zip loads completely in the real library and gives the studio's logits on every validation row.
  const zip = await studio.download(() =>
    studio.page
      .getByRole('listitem', { name: run.name })
      .getByRole('button', { name: 'Download zip' })
      .click(),
  );
  writeFileSync(join(replayFiles, zip.fileName), zip.bytes);
  const base = join(process.cwd(), 'public/models', run.settings.baseModel);
  const check = join(process.cwd(), 'interop/check_adapter_zip.py');
  const options = [
    '--adapter',
    zip.fileName,
    '--inputs',
    'validation_inputs.jsonl',
    '--expected',
    'validation_logits.json',
    '--atol',
    '1e-4',
  ];
  console.log(
    execFileSync(python!, [check, '--base', base, ...options], { cwd: replayFiles, encoding: 'utf8' })
      .trim()
      .slice(-300),
  );
}

test('with dropout on, three seeds end where Python’s do', async ({ page }) => {
  test.skip(!python, 'no Python with adapters; required with REQUIRE_PYTHON=1');
  test.setTimeout(600_000);
  const studio = new StudioPage(page);
  // The faster executor: masks are the same hash on both.
  await studio.open('/', 'onnx');
  await studio.chooseTiny();
  await studio.combobox('Dataset').selectOption({ label: 'Customer reviews' });
  const differences: number[] = [];
  for (const seed of [1, 2, 3]) {
    await studio.go('Train');
    await studio.fill({ learningRate: 0.002, epochs: 3, batchSize: 32, trainingRows: 512, seed });
    await studio.trainToTheEnd();
    const [run] = await studio.runs();
    expect(run!.settings).toMatchObject({ seed, dropout: true });
    const { accuracy } = replay(python!, await downloadReplay(studio)).eval.at(-1)!;
    console.log(
      `seed ${seed}: studio ${(100 * run!.results!.evalMetrics.accuracy!).toFixed(1)} %, Python ${(100 * accuracy).toFixed(1)} %`,
    );
    differences.push(run!.results!.evalMetrics.accuracy! - accuracy);
  }
  // Masks differ, so single runs scatter; their mean may not.
  expect(Math.abs(differences.reduce((sum, d) => sum + d, 0) / differences.length)).toBeLessThan(0.02);
});

// How soon is measured by bench/page.
test('a run on the GPU is paused, resumed and stopped', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  await studio.fill({ epochs: 100, batchSize: 16, trainingRows: 64 });
  await studio.button('Train').click();
  await expect(studio.status).toHaveText('Training');
  await studio.button('Pause').click();
  await expect(studio.status).toHaveText(/Pausing|Paused/);
  await expect(studio.status).toHaveText('Paused');
  const step = await page.locator('.stat', { hasText: 'Step' }).first().textContent();
  await page.waitForTimeout(1500);
  expect(await page.locator('.stat', { hasText: 'Step' }).first().textContent()).toBe(step);
  await studio.button('Resume').click();
  await expect(studio.status).toHaveText('Training');
  await studio.button('Stop').click();
  await expect(studio.status).toHaveText(/Stopping|Stopped/);
  await expect(studio.status).toHaveText('Stopped');
  await studio.go('Use');
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);
});
