/** A base model from a hub: found by its name, downloaded, kept, trained on, and trained on again without a network. */
import { createHash } from 'node:crypto';
import { expect } from '@playwright/test';
import { preview } from 'vite';
import { FakeHub, filesOf } from '../test/fake-hub';
import { csvFile, moods } from './moods';
import { StudioPage } from './studio-page';
import { test } from './test';

const tiny = filesOf('public/models/roberta-tiny');
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('a model is found by name, downloaded, kept, and trains', async ({ page }) => {
  const hub = new FakeHub({ bytesPerSecond: 600_000 });
  hub.serve({ name: 'someone/roberta-copy', files: tiny });
  await hub.listen();
  const studio = new StudioPage(page);
  await studio.open();
  await studio.useHub(hub.endpoint);

  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('someone/roberta-copy');
  await studio.button('Find model').click();
  const found = studio.region('Found someone/roberta-copy');
  await expect(found).toContainText('roberta, 2 layers of 128');
  const bar = page.getByRole('progressbar', { name: 'Download of the base model' });
  // Looked for before they are there: on a busy machine the download may be over soon after they are seen.
  await Promise.all([
    expect(bar).toHaveAttribute('aria-valuenow', /[1-9]\d?/),
    expect(page.getByText(/[kM]B\/s/)).toBeVisible(),
    found.getByRole('button', { name: /^Download/ }).click(),
  ]);
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('someone/roberta-copy');

  await studio.fill({ batchSize: 8, trainingRows: 16, epochs: 1 });
  await studio.trainToTheEnd();
  const [run] = await studio.runs();
  expect(run?.step).toBe(2);
  expect(run?.base).toMatchObject({
    name: 'someone/roberta-copy',
    revision: expect.stringMatching(/^[0-9a-f]{40}$/),
  });
  await hub.close();
});

test.describe('with a page that is kept', () => {
  test.use({ serviceWorkers: 'allow' });

  test('goes on after a reload, and trains again when every server is gone', async ({ page, context }) => {
    const site = await preview({ preview: { port: 0, host: 'localhost' }, logLevel: 'error' });
    const hub = new FakeHub({ bytesPerSecond: 600_000 });
    hub.serve({ name: 'roberta-base', files: tiny });
    await hub.listen();
    const studio = new StudioPage(page);
    await studio.open(site.resolvedUrls!.local[0]!);
    await studio.useHub(hub.endpoint);
    await page.getByRole('combobox', { name: 'Model on the hub' }).fill('roberta-base');
    await studio.button('Find model').click();
    await page.getByRole('button', { name: /^Download/ }).click();
    await expect(page.getByRole('progressbar', { name: 'Download of the base model' })).toHaveAttribute(
      'aria-valuenow',
      /[4-7]\d/,
    );
    await page.reload();

    const before = hub.requests.length;
    await studio.button('Go on with the download of roberta-base').click();
    await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('roberta-base');
    const ranges = hub.requests
      .slice(before)
      .filter(({ path }) => path === '/cdn/roberta-base/model.safetensors');
    // The request that the reload broke off has no range.
    expect(ranges.map(({ range }) => range).filter((range) => range !== null)).toEqual([
      expect.stringMatching(/^bytes=[1-9]\d{5,}-$/),
    ]);
    await studio.fill({ batchSize: 8, trainingRows: 16, epochs: 1 });
    await studio.trainToTheEnd();

    await page.waitForFunction(
      async () => (await navigator.serviceWorker.ready).active?.state === 'activated',
    );
    await hub.close();
    await site.close();
    await context.setOffline(true);
    await page.reload();
    await studio.combobox('Dataset').waitFor();
    await studio.combobox('Base model').selectOption({ label: 'roberta-base' });
    await studio.fill({ batchSize: 8, trainingRows: 16, epochs: 1 });
    await studio.trainToTheEnd();
    const runs = await studio.runs();
    expect(runs.map(({ status, step }) => [status, step])).toEqual([
      ['finished', 2],
      ['finished', 2],
    ]);
    expect(runs[0]!.base).toEqual(runs[1]!.base);
    // The same seed on the same weights: the same losses.
    expect(runs[0]!.trainLoss.value).toEqual(runs[1]!.trainLoss.value);
  });
});

test('a gated model needs a token, which no record has; the model can be deleted', async ({ page }) => {
  const token = 'hf_not_to_be_seen_anywhere';
  const hub = new FakeHub();
  hub.serve({ name: 'someone/gated', files: tiny, token });
  await hub.listen();
  const logged: string[] = [];
  page.on('console', (message) => logged.push(message.text()));
  const studio = new StudioPage(page);
  await studio.open();
  await studio.useHub(hub.endpoint);
  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('someone/gated');
  await studio.button('Find model').click();
  await expect(page.getByRole('alert')).toContainText('private or gated');
  await page.getByLabel('Access token', { exact: true }).fill(token);
  await studio.button('Save').click();
  await studio.button('Find model').click();
  await page.getByRole('button', { name: /^Download/ }).click();
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('someone/gated');
  await studio.fill({ batchSize: 8, trainingRows: 8, epochs: 1 });
  await studio.trainToTheEnd();
  const everything = JSON.stringify([await studio.runs(), await studio.records(''), logged]);
  expect(everything.split(token)).toHaveLength(2); // the setting itself
  await studio.button('Forget the token').click();
  await expect(studio.button('Forget the token')).toBeHidden();
  expect(JSON.stringify(await studio.records(''))).not.toContain(token);

  await studio.deleteForGood(studio.button('Delete base model someone/gated'));
  await expect(studio.region('Base models in this browser')).toBeHidden();
  // What the form opens with on this executor.
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('roberta-mini');
  expect(await page.evaluate(folders)).toEqual([]);
  await hub.close();
});

test('a hub in trouble leaves a message or a whole model, never half of one', async ({ page }) => {
  const hub = new FakeHub();
  const weights = 'someone/shaky/model.safetensors';
  hub.serve({ name: 'someone/shaky', files: tiny });
  await hub.listen();
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  await studio.useHub(hub.endpoint);
  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('someone/shaky');
  await studio.button('Find model').click();

  const goOn = studio.button('Go on with the download of someone/shaky');
  const troubles = [
    [{ kind: 'damage' }, 'arrived damaged'],
    [{ kind: 'html' }, 'is an HTML page'],
    [{ kind: 'status', status: 429, retryAfter: '3600' }, 'too many requests'],
    [{ kind: 'status', status: 404 }, 'is not there'],
  ] as const;
  await page.getByRole('region', { name: 'Found someone/shaky' }).waitFor();
  for (const [i, [fault, message]] of troubles.entries()) {
    hub.fault(weights, fault);
    await (i === 0 ? page.getByRole('button', { name: /^Download/ }) : goOn).click();
    await expect(page.getByRole('alert')).toContainText(message);
    await expect(studio.combobox('Base model').getByRole('option')).toHaveText([
      'roberta-mini',
      'roberta-tiny',
    ]);
    await studio.button('Dismiss message').click();
  }
  hub.fault(weights, { kind: 'cut', afterBytes: 900_000, times: 2 });
  await goOn.click();
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('someone/shaky');
  await hub.close();
});

test('a folder from disk is taken as it is dropped', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  await studio.dropFiles(new Map([['README.md', new TextEncoder().encode('#')], ...tiny]));
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('my-model');
  await studio.fill({ batchSize: 8, trainingRows: 16, epochs: 1 });
  await studio.trainToTheEnd();
  const [run] = await studio.runs();
  expect(run?.base).toMatchObject({
    name: 'my-model',
    revision: null,
    fingerprint: sha256(tiny.get('model.safetensors')!),
  });

  // The same as a chosen folder, under the folder's name.
  await page.getByText('Another base model', { exact: true }).click();
  await page.getByLabel('Model folder').setInputFiles('public/models/roberta-tiny');
  await expect(studio.region('Base models in this browser').getByRole('listitem')).toHaveCount(2);
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText(/^roberta-tiny@/);

  // What is missing is named, and nothing is kept.
  const partial = new Map([...tiny].filter(([name]) => name !== 'model.safetensors'));
  await studio.dropFiles(partial);
  await expect(page.getByRole('alert')).toContainText('no model.safetensors');
  expect(await page.evaluate(folders)).toHaveLength(2);
});

/** Names of the folders that models are kept in. */
async function folders(): Promise<readonly string[]> {
  const models = await (await navigator.storage.getDirectory()).getDirectoryHandle('models');
  const names: string[] = [];
  for await (const name of models.keys()) names.push(name);
  return names;
}

test('a run goes on only on the weights it began with, and waits for them', async ({ page }) => {
  test.setTimeout(240_000);
  // A plain mirror names no commits: what it has under a name may change.
  const hub = new FakeHub({ api: false });
  const serve = (files: ReadonlyMap<string, Uint8Array>) =>
    hub.serve({ name: 'someone/moving', files, commit: null });
  serve(tiny);
  await hub.listen();
  const studio = new StudioPage(page);
  await studio.open();
  await studio.useHub(hub.endpoint);
  const download = async () => {
    await page.getByRole('combobox', { name: 'Model on the hub' }).fill('someone/moving');
    await studio.button('Find model').click();
    await page.getByRole('button', { name: /^Download/ }).click();
    await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('someone/moving');
  };
  await download();
  await page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(150)));
  await studio.button('Use this data').click();
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)');
  // Long enough to be in its middle when the page goes, however soon that is seen.
  await studio.fill({ batchSize: 8, trainingRows: null, epochs: 12 });
  await studio.button('Train').click();
  await studio.go('Compare');
  await expect(page.getByText(/^step [1-9]\d* of 204/)).toBeVisible();
  await page.reload();
  const run = studio.region('Runs').getByRole('listitem').first();
  await expect(run).toContainText('Interrupted');

  await studio.go('Train');
  await page.getByText('Another base model', { exact: true }).click();
  await studio.deleteForGood(studio.button('Delete base model someone/moving'));
  await expect(studio.region('Base models in this browser')).toBeHidden();
  await studio.go('Compare');
  await run.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByRole('alert').first()).toContainText('someone/moving');
  await expect(run).toContainText('Interrupted');

  const others = new Uint8Array(tiny.get('model.safetensors')!);
  others[others.length - 1]! ^= 1;
  serve(new Map([...tiny, ['model.safetensors', others]]));
  await studio.go('Train');
  await download();
  await studio.go('Compare');
  await run.getByRole('button', { name: 'Resume' }).click();
  await expect(page.getByRole('alert').first()).toContainText('its weights are others');
  await expect(run).toContainText('Interrupted');

  await studio.go('Train');
  await studio.deleteForGood(studio.button('Delete base model someone/moving'));
  await expect(studio.region('Base models in this browser')).toBeHidden();
  serve(tiny);
  await download();
  await studio.go('Compare');
  await run.getByRole('button', { name: 'Resume' }).click();
  await expect(studio.status).toHaveText('Finished', { timeout: 120_000 });
  await hub.close();
});
