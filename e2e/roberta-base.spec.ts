/**
 * A checkpoint of roberta-base's sizes, 499 MB, from a hub into the browser and onto the GPU, and Python replays what it
 * trained there. `npm test` makes the checkpoint where there is Python (`scripts/make-roberta-base.ts`).
 */
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from '@playwright/test';
import { FakeHub } from '../test/fake-hub';
import { findPython } from '../test/python';
import { csvFile, moods } from './moods';
import { downloadReplay, replay } from './replay';
import { StudioPage } from './studio-page';
import { test } from './test';

const folder = resolve('.cache/roberta-base');
/** The files that a hub has, of a folder that has others beside them. */
const modelOf = (from: string) =>
  new Map(
    ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'].map((name) => [
      name,
      new Uint8Array(readFileSync(join(from, name))),
    ]),
  );

const python = findPython();

test('roberta-base at full size is downloaded, trains, and Python replays every loss', async ({ page }) => {
  test.skip(!python || !existsSync(resolve(folder, 'model.safetensors')), 'no checkpoint: npm test makes it');
  test.setTimeout(600_000);
  const hub = new FakeHub();
  hub.serve({ name: 'roberta-base', files: modelOf(folder) });
  await hub.listen();
  const studio = new StudioPage(page);
  await studio.open('/', 'webgpu');
  let began = performance.now();
  const lap = (what: string) => {
    console.log(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
    began = performance.now();
  };
  await studio.useHub(hub.endpoint);
  await page.getByRole('combobox', { name: 'Model on the hub' }).fill('roberta-base');
  await studio.button('Find model').click();
  await page.getByRole('button', { name: /^Download/ }).click();
  await expect(studio.combobox('Base model').locator('option:checked')).toHaveText('roberta-base', {
    timeout: 300_000,
  });
  lap('499 MB found, downloaded, hashed, checked');
  await hub.close();

  await page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(30)));
  await page.getByRole('button', { name: 'Use this data' }).click();
  await expect(studio.combobox('Dataset').locator('option:checked')).toHaveText('moods.csv (yours)');
  // Two steps: the second one begins with what the first one made.
  await studio.fill({ learningRate: 1e-3, epochs: 1, batchSize: 2, trainingRows: 4, maxLength: 16 });
  await studio.setDropout(false);
  await studio.combobox('Weights stored as').selectOption('f32');
  began = performance.now();
  await studio.trainToTheEnd(400_000);
  lap('read, compiled, two steps, evaluated');
  const [run] = await studio.runs();
  expect(run).toMatchObject({ step: 2, base: { name: 'roberta-base' }, executor: { executor: 'webgpu' } });

  const replayed = replay(python!, await downloadReplay(studio), '', folder);
  expect(replayed.steps).toHaveLength(2);
  for (const [i, { loss, grad_norm }] of replayed.steps.entries()) {
    const [ours, norm] = [run!.trainLoss.value[i]!, run!.gradientNorm.value[i]!];
    console.log(`step ${i + 1}: loss ${ours} and ${loss}, gradient norm ${norm} and ${grad_norm}`);
    expect(Math.abs(ours - loss) / loss).toBeLessThan(2e-4);
    expect(Math.abs(norm - grad_norm) / grad_norm).toBeLessThan(5e-4);
  }
});

// Word pieces with absolute positions, word pieces without token types, and sentencepiece.
for (const family of ['bert', 'distilbert', 'xlm-roberta']) {
  test(`a model of type ${family} is downloaded, trains and predicts`, async ({ page }) => {
    const hub = new FakeHub();
    hub.serve({ name: `someone/${family}`, files: modelOf(`test/fixtures/families/${family}`) });
    await hub.listen();
    const studio = new StudioPage(page);
    await studio.open();
    await studio.useHub(hub.endpoint);
    await page.getByRole('combobox', { name: 'Model on the hub' }).fill(`someone/${family}`);
    await studio.button('Find model').click();
    await expect(studio.region(`Found someone/${family}`)).toContainText(family);
    await page.getByRole('button', { name: /^Download/ }).click();
    await expect(studio.combobox('Base model').locator('option:checked')).toHaveText(`someone/${family}`);
    await page.getByLabel('Dataset file').setInputFiles(csvFile('moods.csv', moods(60)));
    await page.getByRole('button', { name: 'Use this data' }).click();
    await studio.fill({ learningRate: 0.01, epochs: 4, batchSize: 8, trainingRows: null, maxLength: 24 });
    await studio.trainToTheEnd();
    const [run] = await studio.runs();
    const losses = run!.trainLoss.value;
    // Noise of a base model, but adapter and head learn words all the same.
    expect(Math.min(...losses)).toBeLessThan(0.8 * losses[0]!);
    await studio.go('Use');
    await studio.button('Predict').click();
    await expect(page.getByRole('region', { name: 'Prediction' })).toContainText('happy');
    await hub.close();
  });
}
