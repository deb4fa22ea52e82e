/** Which executor computes: chosen by itself, by the address, in the form; and what the record says of it. */
import { expect } from '@playwright/test';
import { StudioPage } from './studio-page';
import { test } from './test';

const onnx = {
  executor: 'onnx',
  isSoftwareAdapter: true,
  runtime: { backend: 'wasm', version: expect.stringMatching(/^\d/), threads: expect.any(Number) },
};

test('chosen by itself where there is no graphics card: ONNX Runtime, in words and in the record', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open('/', 'automatic');
  await expect(studio.combobox('Executor').locator('option:checked')).toHaveText('Automatic');
  await expect(page.getByRole('complementary', { name: 'Set-up' })).toContainText(
    /ONNX Runtime \d.* computes\. WebGPU has only a software adapter here/,
  );
  await studio.combobox('Base model').selectOption({ label: 'roberta-tiny' });
  await studio.fill({ learningRate: 0.002, epochs: 1, batchSize: 16, trainingRows: 64 });
  await studio.trainToTheEnd();
  const [run] = await studio.runs();
  expect(run!.executor).toMatchObject(onnx);
  expect(run!.kernelTable).toMatchObject({ backend: 'wasm' });
  expect(run!.step).toBe(4);
  expect(run!.bitExact).toBe(true);
  await expect(studio.region('Run')).toContainText('ONNX Runtime');
  await expect(studio.region('Result')).toContainText('ONNX Runtime');
});
