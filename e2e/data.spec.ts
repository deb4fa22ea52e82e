/** A person's own data: drop, map, train, predict, evaluate; and every malformed file says what is wrong with it. */
import { expect } from '@playwright/test';
import { csvFile as csv, moods } from './moods';
import { StudioPage } from './studio-page';
import { test } from './test';

for (const executor of ['webgpu', 'onnx'] as const)
  test(`a CSV with three word labels trains, predicts and evaluates on ${executor}`, async ({ page }) => {
    const studio = new StudioPage(page);
    await studio.open('/', executor);
    await studio.chooseTiny();
    await page.getByLabel('Dataset file').setInputFiles(csv('moods.csv', moods(150)));
    const mapping = page.getByRole('region', { name: 'Columns of moods.csv' });
    await expect(mapping.getByRole('combobox', { name: 'Text column' })).toHaveValue('message');
    await expect(mapping.getByRole('combobox', { name: 'Label column' })).toHaveValue('mood');
    await expect(mapping.getByRole('list', { name: 'Rows by label' })).toContainText('happy');
    await mapping.getByRole('button', { name: 'Use this data' }).click();
    await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)');
    await studio.fill({ learningRate: 0.005, epochs: 4, batchSize: 16, trainingRows: null });
    await studio.trainToTheEnd();

    const [run] = await studio.runs();
    expect(run!.executor.executor).toBe(executor);
    expect(run!.dataset.labels).toEqual(['angry', 'calm', 'happy']);
    expect(run!.dataset.trainRows + run!.dataset.validationRows).toBe(150);
    // Words decide the class: what learns at all is far above chance, one in three.
    expect(run!.results!.evalMetrics.accuracy!).toBeGreaterThan(0.8);

    await studio.go('Use');
    await page.getByRole('textbox', { name: 'Text to classify' }).fill('a furious day, shouting and mad');
    await studio.button('Predict').click();
    await expect(page.locator('.scores li[data-best="true"]')).toContainText('angry');
    await studio.region('Adapters').getByRole('button', { name: 'Evaluate' }).first().click();
    const results = page.getByRole('region', { name: 'Evaluation' });
    await expect(results).toContainText('Macro F1');
    await expect(results).toContainText(`${(100 * run!.results!.evalMetrics.accuracy!).toFixed(1)} %`);

    // Everything is there after a reload, the data set too.
    await page.reload();
    await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);
    await studio.go('Train');
    await studio.combobox('Dataset').selectOption({ label: 'moods.csv (yours)' });
    await studio.combobox('Start from').selectOption({ index: 1 });
    await expect(studio.combobox('Base model')).toHaveValue('roberta-tiny');
    await studio.fill({ epochs: 1, trainingRows: 48 });
    await studio.trainToTheEnd();
    await studio.go('Use');
    await expect(studio.region('Adapters').getByRole('listitem').first()).toContainText(
      `continued from ${run!.name}`,
    );
  });

const malformed: readonly {
  readonly what: string;
  readonly file: { name: string; mimeType: string; buffer: Buffer };
  readonly message: RegExp;
  readonly wayOut: RegExp;
}[] = [
  {
    what: 'an empty file',
    file: csv('empty.csv', ''),
    message: /empty\.csv is empty/,
    wayOut: /header line/,
  },
  { what: 'one column', file: csv('one.csv', 'text\na\nb\n'), message: /has one column/, wayOut: /label/ },
  {
    what: 'a row with too few columns',
    file: csv('short.csv', 'text,label\na,x\nb\n'),
    message: /Line 3 of short\.csv has 1 column, the header has 2/,
    wayOut: /Add what is missing/,
  },
  {
    what: 'a row with too many columns',
    file: csv('long.csv', 'text,label\na,x\nb, c,y\n'),
    message: /Line 3 of long\.csv has 3 columns/,
    wayOut: /Quote text/,
  },
  {
    what: 'an open quotation mark',
    file: csv('quote.csv', 'text,label\n"a,x\nb,y\n'),
    message: /never closed/,
    wayOut: /Close it/,
  },
  {
    what: 'bytes that are not UTF-8',
    file: csv('latin.csv', Buffer.from([...Buffer.from('text,label\ncaf'), 0xe9, ...Buffer.from(',x\n')])),
    message: /not UTF-8/,
    wayOut: /CSV UTF-8/,
  },
  {
    what: 'a spreadsheet',
    file: csv('sheet.csv', Buffer.from([0x50, 0x4b, 3, 4, 20, 0])),
    message: /spreadsheet/,
    wayOut: /Save the sheet as CSV/,
  },
  { what: 'no rows', file: csv('none.csv', 'text,label\n'), message: /no rows/, wayOut: /Add rows/ },
];

for (const { what, file, message, wayOut } of malformed) {
  test(`${what} is named, with the way out`, async ({ page }) => {
    const studio = new StudioPage(page);
    await studio.open();
    await page.getByLabel('Dataset file').setInputFiles(file);
    const alert = page.getByRole('alert');
    await expect(alert).toContainText(message);
    await expect(alert).toContainText(wayOut);
    await expect(studio.button('Train')).toBeEnabled();
  });
}

/** Seven rows; the marks of three open a text that goes on after them. */
const films = [
  'text,label',
  '"Alien" is great,pos',
  'bad film,neg',
  '"Jaws",neg',
  'a "quiet" film,pos',
  'dull,neg',
  '"Heat" again,pos',
  'the "end",neg',
  '',
].join('\n');

test('text after a closing mark is refused with its line, and read as it stands when that is chosen', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open();
  await page.getByLabel('Dataset file').setInputFiles(csv('films.csv', films));
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('Line 2 of films.csv has text after the closing mark');
  await expect(studio.region('Columns of films.csv')).toHaveCount(0);
  await alert.getByRole('button', { name: 'Keep the marks as text' }).click();
  await expect(alert).toHaveCount(0);
  const mapping = studio.region('Columns of films.csv');
  await expect(mapping).toContainText('7 rows');
  await expect(mapping).toContainText('Read with the marks kept');
  await expect(mapping.getByRole('list', { name: 'Rows by label' }).getByRole('listitem')).toHaveText([
    'pos3',
    'neg4',
  ]);
  await expect(mapping.getByRole('list', { name: 'Examples' })).toContainText('"Alien" is great');
});

test('every line end is read as one, mixed as they may be', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  const rows = 'text,label\na,x\nb,y\nc,x\r\n"d\r\ne",y\rf,x\r';
  await page.getByLabel('Dataset file').setInputFiles(csv('ends.csv', rows));
  const mapping = studio.region('Columns of ends.csv');
  await expect(mapping).toContainText('5 rows');
  await expect(mapping).not.toContainText('marks kept');
  await expect(mapping.getByRole('list', { name: 'Rows by label' }).getByRole('listitem')).toHaveText([
    'x3',
    'y2',
  ]);
});

test('one class only is refused when the columns are chosen', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  await page.getByLabel('Dataset file').setInputFiles(csv('same.csv', 'text,label\na,x\nb,x\nc,x\n'));
  await page.getByRole('button', { name: 'Use this data' }).click();
  await expect(page.getByRole('alert')).toContainText('have the label “x”');
});

test('a 2 GB file is refused at once', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  // The bytes are never read: the file says its size, and that is enough.
  await page.evaluate(() => {
    const part = new Uint8Array(64 * 2 ** 20);
    const file = new File(
      Array.from({ length: 32 }, () => part),
      'huge.csv',
      { type: 'text/csv' },
    );
    const data = new DataTransfer();
    data.items.add(file);
    const input = document.querySelector<HTMLInputElement>('#dataset-file')!;
    input.files = data.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  await expect(page.getByRole('alert')).toContainText('2,048 MiB');
});
