/** Script strings as texts, labels, columns, files and runs: they are read as they are, and nothing in the page runs. */
import { expect, type Page } from '@playwright/test';
import { unzipSync } from 'fflate';
import MarkdownIt from 'markdown-it';
import { scriptStrings } from '../test/script-strings';
import { installFakeStudio } from './fake-studio';
import { csvFile } from './moods';
import { StudioPage } from './studio-page';
import { test } from './test';

/** What ran or was asked for in a page, from before its first script on. */
class Canary {
  readonly #page: Page;
  readonly #asked: string[] = [];

  constructor(page: Page) {
    this.#page = page;
    page.on('request', (request) => {
      if (/xss\.invalid/.test(request.url())) this.#asked.push(request.url());
    });
    page.on('dialog', (dialog) => {
      this.#asked.push(`dialog ${dialog.message()}`);
      void dialog.dismiss();
    });
  }

  async watch(): Promise<void> {
    await this.#page.exposeFunction('__xss', () => this.#asked.push('__xss()'));
  }

  /** Moves over everything and focuses it first, for the events that wait for a person. */
  async sung(): Promise<readonly string[]> {
    await this.#page.evaluate(() => {
      for (const element of document.querySelectorAll('body *')) {
        element.dispatchEvent(new PointerEvent('pointerenter'));
        element.dispatchEvent(new MouseEvent('mouseover', { bubbles: true }));
      }
    });
    // What loads by itself has failed or run by then: one more turn of the page's own loop, and of ours.
    await this.#page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 200)));
    return this.#asked;
  }
}

/** In a page of the network, since nothing can be asked of another host from an empty one. */
async function openHtml(page: Page, html: string): Promise<void> {
  await page.route('http://html.invalid/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<!doctype html><meta charset="utf-8">${html}` }),
  );
  await page.goto('http://html.invalid/');
  await page.unroute('http://html.invalid/');
}

const quote = (cell: string) => `"${cell.replaceAll('"', '""')}"`;
const table = (rows: readonly (readonly string[])[]) =>
  rows.map((row) => `${row.map(quote).join(',')}\n`).join('');

/** Classes that a column may have. */
const classes = 48;
const columns = Math.ceil(scriptStrings.length / classes);
/** What a cell is after it was read: white space around labels does not make another one. */
const asLabel = (text: string) => text.trim();

test('as texts, labels, columns and a file’s name, and in the model card that is made of them', async ({
  page,
}) => {
  const canary = new Canary(page);
  await canary.watch();
  const studio = new StudioPage(page);
  await studio.open();

  const fileName = '"><img src=x onerror=__xss()>.csv';
  const header = ['<svg onload=__xss()>', ...scriptStrings.slice(0, columns)];
  const rows = scriptStrings.map((text, row) => [
    text,
    ...Array.from(
      { length: columns },
      (_, k) => scriptStrings[(k * classes + (row % classes)) % scriptStrings.length]!,
    ),
  ]);
  await page.getByLabel('Dataset file').setInputFiles(csvFile(fileName, table([header, ...rows])));
  const mapping = studio.region(`Columns of ${fileName}`);
  await mapping.getByRole('combobox', { name: 'Text column' }).selectOption({ index: 0 });
  for (let column = 1; column <= columns; column++) {
    await mapping.getByRole('combobox', { name: 'Label column' }).selectOption({ index: column });
    await mapping.getByRole('combobox', { name: 'The labels are' }).selectOption('classification');
    const labels = new Set(rows.map((row) => asLabel(row[column]!)));
    await expect(mapping.getByRole('list', { name: 'Rows by label' }).getByRole('listitem')).toHaveCount(
      labels.size,
    );
  }
  expect(await canary.sung()).toEqual([]);

  await mapping.getByRole('button', { name: 'Use this data' }).click();
  await studio.combobox('Base model').selectOption({ label: 'roberta-tiny' });
  await studio.fill({ batchSize: 8, trainingRows: 16, epochs: 1 });
  await studio.trainToTheEnd();
  await studio.go('Use');
  await page.getByRole('textbox', { name: 'Text to classify' }).fill(scriptStrings[0]!);
  await studio.button('Predict').click();
  await expect(studio.region('Prediction')).toContainText(scriptStrings[0]!);
  await studio.region('Adapters').getByRole('button', { name: 'Evaluate' }).first().click();
  await expect(studio.region('Evaluation')).toContainText('Macro F1');
  expect(await canary.sung()).toEqual([]);

  const { bytes } = await studio.download(() =>
    page.getByRole('button', { name: 'Download zip' }).first().click(),
  );
  const card = new TextDecoder().decode(unzipSync(bytes)['README.md']);
  expect(card).toContain('&lt;img src=x onerror=');
  await openHtml(page, new MarkdownIt({ html: true, linkify: true }).render(card));
  await expect(page.getByRole('cell').first()).toBeVisible();
  expect(await canary.sung()).toEqual([]);
});

test('as the names of 200 columns and of 200 refused files', async ({ page }) => {
  const canary = new Canary(page);
  await canary.watch();
  const studio = new StudioPage(page);
  await studio.open();
  const rows = [scriptStrings, scriptStrings.map((_, i) => `${i}`), scriptStrings.map((_, i) => `${i % 7}`)];
  await page.getByLabel('Dataset file').setInputFiles(csvFile('columns.csv', table(rows)));
  const mapping = studio.region('Columns of columns.csv');
  await expect(mapping.getByRole('combobox', { name: 'Text column' }).locator('option')).toHaveCount(
    scriptStrings.length,
  );
  await mapping.getByRole('button', { name: 'Cancel' }).click();

  // A table of one column is refused, by the name of its file.
  const refused = await page.evaluate(async (names) => {
    const app = document.querySelector('.app')!;
    let shown = 0;
    for (const name of names) {
      const data = new DataTransfer();
      data.items.add(new File(['text\na\nb\n'], `${name}.csv`));
      app.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true }));
      const alert = await new Promise<Element>((resolve) => {
        const look = () => {
          const found = document.querySelector('[role=alert]');
          if (found) resolve(found);
          else setTimeout(look, 5);
        };
        look();
      });
      if (alert.textContent.includes('has one column')) shown++;
      alert.querySelector<HTMLElement>('[aria-label="Dismiss message"]')!.click();
      while (document.querySelector('[role=alert]')) await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return shown;
  }, scriptStrings);
  expect(refused).toBe(scriptStrings.length);
  expect(await canary.sung()).toEqual([]);
});

/** In the page: brings all of a list into view, of which only what is in view is in the page; how many entries there were. */
async function scrolledThrough(box: HTMLElement): Promise<number> {
  const seen = new Set<string | null>();
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
  for (let top = 0; top <= box.scrollHeight; top += box.clientHeight / 2) {
    box.scrollTo(0, top);
    await painted();
    for (const row of box.querySelectorAll('li')) seen.add(row.getAttribute('aria-posinset'));
  }
  box.scrollTo(0, 0);
  await painted();
  return seen.size;
}

test('as the names of runs, adapters, data sets and base models', async ({ page }) => {
  const canary = new Canary(page);
  await canary.watch();
  const count = scriptStrings.length;
  await page.addInitScript(installFakeStudio, {
    runs: count,
    points: 4,
    adapters: count,
    refuse: false,
    names: scriptStrings,
  });
  await page.goto('/');
  const studio = new StudioPage(page);
  await studio.go('Data');
  expect(await canary.sung()).toEqual([]);
  await studio.go('Use');
  await expect(page.getByRole('region', { name: 'Adapters' }).locator('.adapter')).toHaveCount(count);
  expect(await canary.sung()).toEqual([]);
  await studio.go('Compare');
  expect(await page.locator('.run-scroll').evaluate(scrolledThrough)).toBe(count);
  const boxes = page.locator('.run-name input');
  for (const index of [1, 2, 3, 4, 5, 6]) await boxes.nth(index).check();
  await expect(page.getByRole('list', { name: 'Runs on the chart' }).getByRole('listitem')).not.toHaveCount(
    0,
  );
  expect(await canary.sung()).toEqual([]);
});

test('the canary sings where the strings are taken for HTML', async ({ page }) => {
  const canary = new Canary(page);
  await canary.watch();
  await openHtml(
    page,
    scriptStrings
      .map((text) => `<div>${text}</div>`)
      .slice(25, 60)
      .join('\n'),
  );
  expect((await canary.sung()).filter((what) => what === '__xss()').length).toBeGreaterThan(10);
  await openHtml(page, scriptStrings.find((text) => text.includes('@import'))!);
  await openHtml(page, scriptStrings.find((text) => text.includes('alert(1)'))!);
  expect(await canary.sung()).toEqual(expect.arrayContaining(['http://xss.invalid/a.css', 'dialog 1']));
});
