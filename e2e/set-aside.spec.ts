/** Records that cannot be read, and a panel that fails, as a person meets them: all else works, and each has a way out. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import { expect, type Page } from '@playwright/test';
import { decodeValue } from '../src/storage/record-file';
import type { Recording } from '../test/recorded/recording';
import { emptyPage } from '../test/recorded/script';
import { installFakeStudio } from './fake-studio';
import { StudioPage } from './studio-page';
import { test } from './test';

/** The recorded database with bad records in it, before the studio opens. */
async function restoreWithBadRecords(page: Page, site: string): Promise<void> {
  const empty = await emptyPage(page.context(), site);
  await empty.evaluate(async () => {
    await recorded.restore(await recorded.readRecording('/@fixtures/storage/bdaf26f.json.gz'));
    await recorded.changeRecords(
      new Map<string, unknown>([
        ['run/bad', { version: 2, id: 'bad', name: 'bad-heron-1', trainLoss: 7 }],
        ['adapter/bad', 5],
        ['dataset/bad', { version: 99, name: 'from-the-future.csv' }],
        ['setting/hub-endpoint', ['garbage']],
        ['model/bad', null],
        ['download/bad', 'garbage'],
      ]),
    );
  });
  await empty.close();
}

test('bad records are set aside by name, taken away and deleted; all else is there', async ({
  page,
  baseURL,
}) => {
  await restoreWithBadRecords(page, baseURL!);
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  const file = gunzipSync(readFileSync('test/fixtures/storage/bdaf26f.json.gz')).toString();
  const { records } = JSON.parse(file) as Recording;
  const count = (prefix: string) => Object.keys(records).filter((key) => key.startsWith(prefix)).length;
  await studio.go('Compare');
  // A long list has those in view only, each of which says of how many it is.
  await expect(studio.region('Runs').getByRole('listitem').first()).toHaveAttribute(
    'aria-setsize',
    String(count('run/')),
  );
  await studio.go('Use');
  await expect(studio.region('Adapters').locator('.adapter-list > li')).toHaveCount(count('adapter/'));
  await expect(studio.button('Train')).toBeEnabled();
  await expect(page.getByRole('alert')).toHaveCount(0);

  const aside = studio.region('Set aside');
  await expect(aside.locator('li')).toHaveCount(6);
  await expect(aside.getByRole('listitem', { name: 'run/bad' })).toContainText('bad-heron-1');
  await expect(aside.getByRole('listitem', { name: 'dataset/bad' })).toContainText('has version 99');
  const { violations } = await new AxeBuilder({ page }).include('[aria-label="Set aside"]').analyze();
  expect(violations).toEqual([]);

  const { fileName, bytes } = await studio.download(() => studio.button('Download run/bad').click());
  expect(fileName).toBe('run-bad.json');
  const downloaded = JSON.parse(new TextDecoder().decode(bytes)) as Pick<Recording, 'records'>;
  expect(decodeValue(downloaded.records['run/bad']!)).toMatchObject({ name: 'bad-heron-1', trainLoss: 7 });

  await studio.button('Delete run/bad').click();
  await expect(aside.locator('li')).toHaveCount(5);
  await studio.button('Undo').click();
  await expect(aside.locator('li')).toHaveCount(6);
  for (const key of ['run', 'adapter', 'dataset', 'model', 'download'])
    await studio.deleteForGood(studio.button(`Delete ${key}/bad`));
  await studio.deleteForGood(studio.button('Delete setting/hub-endpoint'));
  await expect(aside).toBeHidden();
  await page.reload();
  await expect(studio.region('Adapters').locator('.adapter-list > li')).toHaveCount(count('adapter/'));
  await expect(aside).toBeHidden();
});

test('a panel that fails says so in its place, with a report; the others go on', async ({
  page,
  context,
}) => {
  await page.addInitScript(installFakeStudio, { runs: 2, points: 50, adapters: 1, refuse: false });
  // An adapter as no store gives it: without the list of its labels.
  await page.addInitScript(() => {
    const { studioPort } = window as unknown as {
      studioPort: { addEventListener(type: string, listener: (event: { data: unknown }) => void): void };
    };
    const listen = studioPort.addEventListener.bind(studioPort);
    studioPort.addEventListener = (type, listener) =>
      listen(type, (event) => {
        const { data } = event as { data: { value?: readonly { labels?: unknown }[] } };
        const isAdapters = Array.isArray(data.value) && data.value[0] && 'parameterCount' in data.value[0];
        listener(
          isAdapters
            ? { data: { ...data, value: data.value!.map((adapter) => ({ ...adapter, labels: null })) } }
            : event,
        );
      });
  });
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  await studio.go('Use');
  const failed = studio.region('Adapters');
  await expect(failed.getByRole('alert')).toContainText('could not be shown');
  await expect(studio.region('Try it')).toBeVisible();
  await expect(studio.button('Train')).toBeEnabled();

  const shown = failed.getByRole('textbox', { name: 'Report on Adapters' });
  const report = await shown.inputValue();
  expect(report).toMatch(/Adapter Studio \d+\.\d+\.\d+: Adapters could not be shown/);
  expect(report).toMatch(/TypeError: .*null/);
  expect(report).toContain('Computes: WebGPU on recorded stream');
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await failed.getByRole('button', { name: 'Copy report' }).click();
  await expect(failed.getByText('Copied.')).toBeVisible();
  // Drawn again it fails by another way through React: what is shown is what was copied, however often that was.
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(await shown.inputValue());
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(failed.getByRole('alert')).toContainText('could not be shown');

  // Where it may not be copied it is selected.
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new Error('denied'));
  });
  await failed.getByRole('button', { name: 'Copy report' }).click();
  await expect(failed.getByText(/selected below/)).toBeVisible();
  expect(await page.evaluate(() => getSelection()?.toString())).toBe(await shown.inputValue());
});
