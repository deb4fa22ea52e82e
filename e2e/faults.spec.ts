/**
 * A full disk, cleared site data and a second tab, as a person meets them: what was trained is there or can be taken away, and
 * the page says what is so.
 */
import { expect, type Locator, type Page } from '@playwright/test';
import { readAdapterHub } from '../src/formats/adapterhub';
import { readZip } from '../src/formats/zip';
import type { DatasetRecord } from '../src/protocol/records';
import { keptDatasets } from './large-file';
import { csvFile, moods } from './moods';
import { type FormInput, StudioPage } from './studio-page';
import { test } from './test';

const settings: FormInput = { learningRate: 0.002, epochs: 1, batchSize: 8, trainingRows: 32 };

async function openWithMoods(page: Page, input: FormInput = settings): Promise<StudioPage> {
  const studio = new StudioPage(page);
  await studio.open();
  await bringMoods(studio);
  await studio.fill(input);
  return studio;
}

async function bringMoods(studio: StudioPage): Promise<void> {
  await studio.page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(90)));
  await studio.button('Use this data').click();
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)');
}

/**
 * Lets a test fill the disk for the keys that it names, `datasets/` for the rows of data sets. Chromium looks at a changed quota
 * only half a minute after a write, and cannot be full for some keys; what a quota itself does is in
 * `src/storage/store.gpu.test.ts`.
 */
async function disk(page: Page): Promise<{ readonly fullFor: (prefix: RegExp | null) => Promise<void> }> {
  await page.route(/training\.worker/, async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `(${limitDisk})();\n${await response.text()}` });
  });
  return {
    fullFor: (prefix) =>
      page.evaluate(
        (source) =>
          new Promise<void>((resolve) => {
            const channel = new BroadcastChannel('disk');
            channel.onmessage = () => {
              channel.close();
              resolve();
            };
            channel.postMessage(source);
          }),
        prefix?.source ?? null,
      ),
  };
}

/** In the worker, before its own code. */
function limitDisk(): void {
  const { put } = IDBObjectStore.prototype;
  let full: RegExp | null = null;
  const channel = new BroadcastChannel('disk');
  channel.onmessage = ({ data }: MessageEvent<string | null>) => {
    full = data === null ? null : new RegExp(data);
    channel.postMessage('so it is');
  };
  IDBObjectStore.prototype.put = function (value: unknown, key?: IDBValidKey) {
    if (full?.test(String(key))) throw new DOMException('no room', 'QuotaExceededError');
    return put.call(this, value, key);
  };
  const { write } = FileSystemSyncAccessHandle.prototype;
  FileSystemSyncAccessHandle.prototype.write = function (buffer, options) {
    if (full?.test('datasets/')) throw new DOMException('no room', 'QuotaExceededError');
    return write.call(this, buffer, options);
  };
}

const anything = /^/;
const adapterOnly = /^(adapter|bundle)\//;

/** A run has taken a step, so its first checkpoint is written. */
const aStep = (studio: StudioPage) =>
  expect(studio.page.locator('.runbar .stat', { hasText: 'Step' }).first()).toContainText(/[1-9]\d* of/);

const asksBeforeLeaving = (page: Page) =>
  page.evaluate(() => !window.dispatchEvent(new Event('beforeunload', { cancelable: true })));

/** Looks for itself where they are listed. */
async function runs(studio: StudioPage): Promise<Locator> {
  await studio.go('Compare');
  return studio.region('Runs').getByRole('listitem');
}

async function adapters(studio: StudioPage): Promise<Locator> {
  await studio.go('Use');
  return studio.region('Adapters').getByRole('listitem');
}

const alert = (studio: StudioPage, text: string | RegExp) =>
  studio.page.getByRole('alert').filter({ hasText: text });

test('a disk that is full at the start: Train works once there is room', async ({ page }) => {
  const { fullFor } = await disk(page);
  const studio = await openWithMoods(page);
  await fullFor(anything);
  await studio.button('Train').click();
  await expect(alert(studio, 'no room left')).toBeVisible();
  await expect(await runs(studio)).toHaveCount(0);
  await fullFor(null);
  await studio.trainToTheEnd();
  await expect(await adapters(studio)).toHaveCount(1);
});

test('a disk that is full at the end: the adapter is kept, downloaded, stored again, resumed after a reload', async ({
  page,
}) => {
  page.on('dialog', (dialog) => void dialog.accept());
  const { fullFor } = await disk(page);
  const studio = await openWithMoods(page);
  const trainWithoutRoomForTheAdapter = async () => {
    await fullFor(adapterOnly);
    await studio.button('Train').click();
    await expect(studio.status).not.toHaveText('Finished');
    await expect(studio.status).toHaveText(/^(Finished|Failed)/);
    await expect(studio.status).toHaveText('Finished, not stored');
  };
  await trainWithoutRoomForTheAdapter();
  await expect((await runs(studio)).first()).toContainText('Finished, not stored');
  await expect(await adapters(studio)).toHaveCount(0);
  const notStored = studio.region('Not stored');
  await expect(notStored.getByRole('alert')).toContainText('no room left');
  expect(await asksBeforeLeaving(page)).toBe(true);
  const { fileName, bytes } = await studio.download(() =>
    notStored.getByRole('button', { name: 'Download the adapter' }).click(),
  );
  expect(readAdapterHub(readZip(bytes, fileName), fileName).head.labels).toHaveLength(3);
  // Neither another attempt without room nor another run throws it away.
  await studio.button('Try to store it again').click();
  await expect(alert(studio, 'no room left')).toHaveCount(2);
  await fullFor(anything);
  await studio.button('Train').click();
  await expect(studio.button('Train')).toBeEnabled();
  await expect(notStored).toBeVisible();
  await fullFor(null);
  await studio.button('Try to store it again').click();
  await expect(notStored).toHaveCount(0);
  await expect(studio.status).toHaveText('Finished');
  await expect(await adapters(studio)).toHaveCount(1);
  expect(await asksBeforeLeaving(page)).toBe(false);
  const [digest] = await studio.adapterDigests();

  // The same run again, left without storing it: on the disk it is one that can go on.
  await trainWithoutRoomForTheAdapter();
  await studio.open();
  await expect((await runs(studio)).first()).toContainText('Interrupted');
  // As the studio before this one left it: failed, with its checkpoint.
  await page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        const opening = indexedDB.open('adapter-studio');
        opening.onsuccess = () => {
          const store = opening.result.transaction('records', 'readwrite').objectStore('records');
          const reading = store.getAll(IDBKeyRange.bound('run/', 'run/\uffff'));
          reading.onsuccess = () => {
            const run = reading.result.find(({ status }) => status === 'interrupted');
            store.put({ ...run, status: 'failed' }, `run/${run.id}`);
          };
          store.transaction.oncomplete = () => {
            opening.result.close();
            resolve();
          };
        };
      }),
  );
  await studio.open();
  await expect((await runs(studio)).first()).toContainText('Failed');
  await (await runs(studio)).first().getByRole('button', { name: 'Resume' }).click();
  await expect(studio.status).toHaveText('Finished');
  expect(await studio.adapterDigests()).toEqual([digest, digest]);
});

test('site data that is cleared during a run, and a database that another page deletes', async ({ page }) => {
  const studio = await openWithMoods(page, { ...settings, epochs: 1000 });
  // On a base model of its own, whose files are deleted too: the run has its weights in memory.
  await page.getByText('Another base model', { exact: true }).click();
  await page.getByLabel('Model folder').setInputFiles('public/models/roberta-tiny');
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText(/^roberta-tiny@/);
  await studio.button('Train').click();
  await aStep(studio);
  const session = await page.context().newCDPSession(page);
  const { origin } = new URL(page.url());
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  await expect(alert(studio, 'were deleted')).toContainText('goes on');
  await expect(studio.combobox('Dataset').locator('option', { hasText: 'moods.csv' })).toHaveCount(0);
  await expect(studio.region('Base models in this browser')).toHaveCount(0);
  await expect(await runs(studio)).toHaveCount(1);
  // However long the browser took to clear, the run was in its middle.
  await studio.button('Stop').click();
  await expect(studio.status).toHaveText('Stopped');
  await expect(await adapters(studio)).toHaveCount(1);
  expect(await studio.adapterDigests()).toHaveLength(1);
  await studio.go('Train');
  const { fileName, bytes } = await studio.download(() => studio.button('Download the adapter').click());
  expect(readAdapterHub(readZip(bytes, fileName), fileName).head.labels).toHaveLength(3);
  await studio.button('Dismiss message').click();

  const other = await page.context().newPage();
  await other.goto('/favicon.svg');
  const deletion = await other.evaluate(
    () =>
      new Promise<string>((resolve) => {
        const request = indexedDB.deleteDatabase('adapter-studio');
        request.onsuccess = () => resolve('deleted');
        request.onblocked = () => resolve('blocked');
      }),
  );
  expect(deletion).toBe('deleted');
  await expect(alert(studio, 'were deleted')).toBeVisible();
  await expect(await runs(studio)).toHaveCount(0);
  await expect(await adapters(studio)).toHaveCount(0);
  // Everything can be kept again.
  await studio.go('Train');
  await bringMoods(studio);
  await studio.button('Dismiss message').click();
  // Nothing trains and nothing is written: it is said all the same.
  await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'all' });
  await expect(alert(studio, 'were deleted')).toBeVisible();
  await expect(studio.combobox('Dataset').locator('option', { hasText: 'moods.csv' })).toHaveCount(0);
});

test('a run of another tab is seen, held and stopped there, never deleted, and goes on where its tab is closed', async ({
  page,
  context,
}) => {
  const endless: FormInput = { ...settings, epochs: 1000 };
  const studio = await openWithMoods(page, endless);
  await studio.button('Train').click();
  await aStep(studio);
  const second = new StudioPage(await context.newPage());
  await second.open();
  await expect(second.status).toHaveText('Training');
  await aStep(second);
  await expect(second.page.getByRole('img', { name: /^Training loss of .*-1, now/ })).toBeVisible();
  const name = /^[a-z]+-[a-z]+-1$/;
  await expect(await runs(second)).toHaveAttribute('aria-label', name);
  await expect((await runs(second)).getByRole('button', { name: /^Delete run/ })).toBeDisabled();

  const both = async (status: string) => {
    for (const tab of [studio, second]) await expect(tab.status).toHaveText(status);
  };
  await second.button('Pause').click();
  await both('Paused');
  expect((await studio.runs()).map(({ status }) => status)).toEqual(['paused']);
  await second.button('Train').click();
  await expect(second.page.getByText('Queue this one behind it?')).toBeVisible();
  await second.button('Do not queue').click();
  await second.button('Resume').click();
  await both('Training');
  await second.button('Stop').click();
  await both('Stopped');
  // What came of it is there too, and what is deleted here is gone there.
  await expect(await adapters(second)).toHaveCount(1);
  await expect(await runs(second)).toContainText('Stopped');
  await (await runs(studio)).getByRole('button', { name: /^Delete run/ }).click();
  await studio.button('Delete now').click();
  await expect(await runs(second)).toHaveCount(0);

  // Now the other way round; no name comes twice.
  await second.go('Train');
  await second.combobox('Dataset').selectOption({ label: 'moods.csv (yours)' });
  await second.fill(endless);
  await second.button('Train').click();
  await both('Training');
  await expect(await runs(studio)).toHaveAttribute('aria-label', /-2$/);
  await studio.go('Train');
  await aStep(studio);
  await second.page.close();
  await expect(studio.status).toHaveText('Interrupted');
  await (await runs(studio)).getByRole('button', { name: 'Resume' }).click();
  await expect(studio.status).toHaveText('Training');
  await studio.button('Stop').click();
  await expect(studio.status).toHaveText('Stopped');
});

test('a disk that is full while a data set is imported: it can be kept once there is room', async ({
  page,
}) => {
  const { fullFor } = await disk(page);
  const studio = await openWithMoods(page);
  const chosen = studio.combobox('Dataset').locator('option:checked');
  await page.getByLabel('Dataset file').setInputFiles(csvFile('other.csv', moods(120)));
  // No room for its rows, then for its rows but not for its record.
  for (const [prefix, words] of [
    [/^datasets\//, 'no room left for the rows of this data set'],
    [/^dataset\//, 'no room left for the studio’s data'],
  ] as const) {
    await fullFor(prefix);
    await studio.button('Use this data').click();
    await expect(alert(studio, words)).toContainText(/Delete data sets|delete those you no longer need/);
    // Its columns are there still, to try again; nothing of it is on the disk.
    await expect(studio.region('Columns of other.csv')).toBeVisible();
    await expect(studio.button('Use this data')).toBeEnabled();
    expect(await keptDatasets(page)).toEqual({ folders: 1, records: 1 });
    await expect(chosen).toHaveText('moods.csv (yours)');
    await studio.button('Dismiss message').click();
  }
  await fullFor(null);
  await studio.button('Use this data').click();
  await expect(chosen).toHaveText('other.csv (yours)');
  expect(await keptDatasets(page)).toEqual({ folders: 2, records: 2 });
  await studio.open();
  await expect(studio.combobox('Dataset').locator('option', { hasText: '(yours)' })).toHaveCount(2);
});

test('a data set whose rows are gone: named, and whole again from its file', async ({ page }) => {
  const studio = await openWithMoods(page);
  const choice = studio.combobox('Dataset');
  await page.getByLabel('Dataset file').setInputFiles(csvFile('other.csv', moods(120)));
  await studio.button('Use this data').click();
  await expect(choice.locator('option:checked')).toHaveText('other.csv (yours)');
  const { id } = (await studio.records<DatasetRecord>('dataset/')).find(({ name }) => name === 'moods.csv')!;
  await page.evaluate(async (folder) => {
    const root = await navigator.storage.getDirectory();
    const rows = await (await root.getDirectoryHandle('datasets')).getDirectoryHandle(folder);
    await rows.removeEntry('texts');
  }, id);
  await studio.open();
  await choice.selectOption(id);
  await studio.fill(settings);
  await studio.button('Train').click();
  await expect(alert(studio, 'moods.csv')).toContainText('Drop its file again');
  await expect(await runs(studio)).toHaveCount(0);
  await studio.button('Dismiss message').click();

  // The other one is as it was.
  await studio.go('Train');
  await choice.selectOption({ label: 'other.csv (yours)' });
  await studio.trainToTheEnd();
  await bringMoods(studio);
  await expect(choice.locator('option', { hasText: '(yours)' })).toHaveCount(2);
  expect(await choice.inputValue()).toBe(id);
  await studio.trainToTheEnd();
  await expect(await adapters(studio)).toHaveCount(2);
});
