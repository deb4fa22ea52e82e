/** Numbers and several labels: dropped, mapped as guessed, trained, judged by their own figures, predicted. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@playwright/test';
import { parseTable, type Table } from '../src/data/csv/table';
import { unguard } from '../src/data/csv/writer';
import type { RunRecord } from '../src/protocol/records';
import { findPython } from '../test/python';
import { csvFile } from './moods';
import { downloadReplay, replay } from './replay';
import { StudioPage } from './studio-page';
import { test } from './test';
import { topics } from './topics';
import { verified } from './verified';

const python = findPython();

const rows = 120;

/** How texts begin that a spreadsheet would run, or that look as if they had been guarded against that. */
const formulaStarts = ['', '=', "'=", '+', '-', '@', "'"];

/** Stars between 1 and 5 that one word decides; a formula to a spreadsheet, and with line ends of all kinds. */
function stars(): string {
  const words = ['awful', 'weak', 'fair', 'good', 'splendid'];
  const lines = Array.from({ length: rows }, (_, i) => {
    const word = words[i % 5]!;
    const [start, lineEnd] = [formulaStarts[i % 7]!, ['\n', '\r\n', '\r'][i % 3]!];
    return `"${start}a ${word} film,${lineEnd}${word} in every scene, number ${i}",${(1 + (i % 5) + (i % 7) / 20).toFixed(2)}`;
  });
  return `review,stars\n${lines.join('\n')}\n`;
}

/** The reference trainer's losses of every step, and its last evaluation, are the run's. */
async function expectReplayed(run: RunRecord, replayFiles: string): Promise<void> {
  test.skip(!python, 'no Python with adapters; required with REQUIRE_PYTHON=1');
  const { steps, eval: evaluations } = replay(python!, replayFiles);
  const differences = steps.map(({ loss }, i) => Math.abs(run.trainLoss.value[i]! - loss) / loss);
  expect(differences).toHaveLength(run.totalSteps);
  const worst = Math.max(...differences);
  console.log(
    `${run.dataset.task}: ${steps.length} losses replayed, largest relative difference ${worst.toExponential(2)}`,
  );
  expect(worst).toBeLessThan(2e-4);
  const [ours, theirs] = [run.evaluations.at(-1)!, evaluations.at(-1)!];
  expect(Math.abs(ours.loss - theirs.loss)).toBeLessThan(2e-3);
  const figures = [
    [ours.pearson, theirs.pearson],
    [ours.mse, theirs.mse],
    [ours.microF1, theirs.micro_f1],
    [ours.exactMatch, theirs.exact_match],
  ].filter(([own]) => own !== undefined);
  expect(figures).toHaveLength(2);
  for (const [own, python] of figures) expect(own).toBeCloseTo(python!, 2);
}

test('a CSV of numbers trains, and a text gets a number', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  await page.getByLabel('Dataset file').setInputFiles(csvFile('=stars.csv', stars()));
  const mapping = page.getByRole('region', { name: 'Columns of =stars.csv' });
  await expect(mapping.getByRole('combobox', { name: 'The labels are' })).toHaveValue('regression');
  await expect(mapping).toContainText('Numbers from 1 to 5.3');
  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await studio.fill({ learningRate: 0.005, epochs: 6, batchSize: 16, trainingRows: null });
  await studio.setDropout(false);
  await studio.trainToTheEnd();

  const [run] = await studio.runs();
  expect(run!.dataset).toMatchObject({ task: 'regression', labels: ['stars'] });
  const { mae, pearson } = run!.results!.evalMetrics;
  // The mean alone is 1.2 stars off.
  expect(mae).toBeLessThan(0.9);
  expect(pearson).toBeGreaterThan(0.7);
  await expect(studio.region('Result')).toContainText('mean absolute error');
  await expect(studio.region('Loss')).toContainText('Validation mean absolute error');

  const number = async (text: string) => {
    await page.getByRole('textbox', { name: 'Text to classify' }).fill(text);
    await studio.button('Predict').click();
    const prediction = studio.region('Prediction');
    await expect(prediction).toContainText(text);
    return Number(await prediction.locator('dd').textContent());
  };
  const low = await number('an awful film, awful in every scene');
  const high = await number('a splendid film, splendid in every scene');
  expect(high - low).toBeGreaterThan(1);
  await studio.region('Adapters').getByRole('button', { name: 'Evaluate' }).first().click();
  await expect(studio.region('Evaluation')).toContainText('Pearson r');
  // And as ONNX it gives the same numbers, which have no label to agree on.
  const row = studio.region('Adapters').getByRole('listitem').first();
  await row.getByRole('button', { name: 'Verify', exact: true }).click();
  const [cells] = await verified(row, 1);
  const [difference, agreement, figure] = cells!;
  expect(Number(difference)).toBeGreaterThan(0);
  expect(Number(difference)).toBeLessThan(1e-4);
  expect(agreement).toBe('–');
  expect(figure).toContain('mean absolute error');

  // The numbers of the curve are for a spreadsheet, which must not run the name of the file; they read back equal.
  const numbers = await studio.download(() => studio.button('Download numbers').click());
  expect(numbers.fileName).toBe(`${run!.name}-curve.csv`);
  const table = parseTable(new TextDecoder().decode(numbers.bytes), numbers.fileName);
  expect(table.rows.every(([, data]) => data === "'=stars.csv")).toBe(true);
  const ofColumn = (name: string) =>
    table.rows.map((row) => unguard(row[table.columns.indexOf(name)]!)).filter((cell) => cell !== '');
  expect(ofColumn('Data')[0]).toBe('=stars.csv');
  expect(ofColumn('Training loss').map(Number)).toEqual([...run!.trainLoss.value]);
  expect(ofColumn('Validation Pearson r').map(Number)).toEqual(
    run!.evaluations.flatMap((point) => point.pearson ?? []),
  );

  // The rows are for a program: exactly the texts of the file, and the README warns of spreadsheets.
  const replayFiles = await downloadReplay(studio);
  const read = (name: string) => readFileSync(join(replayFiles, name), 'utf8');
  const textsOf = (table: Table) => table.rows.map(([text]) => text);
  const written = ['train.csv', 'validation.csv'].flatMap((name) => textsOf(parseTable(read(name), name)));
  expect(written.sort()).toEqual(textsOf(parseTable(stars(), 'stars.csv')).sort());
  expect(read('README.md')).toContain('Do not open `train.csv` and `validation.csv` in a spreadsheet');
  await expectReplayed(run!, replayFiles);
});

test('a CSV of several labels trains, and a text gets any of them', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  await page.getByLabel('Dataset file').setInputFiles(csvFile('topics.csv', topics(rows)));
  const mapping = page.getByRole('region', { name: 'Columns of topics.csv' });
  await expect(mapping.getByRole('combobox', { name: 'The labels are' })).toHaveValue('multilabel');
  await expect(mapping.getByRole('combobox', { name: 'Between them' })).toHaveValue('|');
  await expect(mapping.getByRole('list', { name: 'Rows by label' })).toContainText('weather');
  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await studio.fill({ learningRate: 0.005, epochs: 8, batchSize: 16, trainingRows: null });
  await studio.setDropout(false);
  await studio.combobox('Head layers').selectOption('1');
  await expect(page.getByRole('complementary', { name: 'Set-up' })).toContainText(
    'this data has several labels at once',
  );
  await studio.trainToTheEnd();

  const [run] = await studio.runs();
  expect(run!.settings.head.layers).toBe(1);
  expect(run!.dataset).toMatchObject({ task: 'multilabel', labels: ['money', 'sport', 'weather'] });
  // Half of all marks at random give an F1 of one half.
  expect(run!.results!.evalMetrics.microF1).toBeGreaterThan(0.8);
  await expect(studio.region('Loss')).toContainText('Validation micro F1');

  await page
    .getByRole('textbox', { name: 'Text to classify' })
    .fill('news of bank and price with rain and wind');
  await studio.button('Predict').click();
  const given = page.locator('.scores li[data-best="true"]');
  await expect(given).toHaveCount(2);
  await expect(given.first()).toContainText('money');
  await expect(given.last()).toContainText('weather');

  // Data of another task is refused in words.
  await studio
    .region('Adapters')
    .getByRole('button', { name: /Start from/ })
    .click();
  await studio.combobox('Dataset').selectOption({ label: 'Rotten Tomatoes' });
  await studio.button('Train').click();
  await expect(page.getByRole('alert')).toContainText('predicts several labels at once');
  await expectReplayed(run!, await downloadReplay(studio));
});
