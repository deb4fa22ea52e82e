/** Adapters come in as files: in the list, predicting, evaluated, trained on; what does not fit is refused and nothing is lost. */
import { readFile } from 'node:fs/promises';
import { expect } from '@playwright/test';
import { readZip } from '../src/formats/zip';
import { loraFile } from './adapter-files';
import { StudioPage } from './studio-page';
import { test } from './test';

const zip = (name: string, buffer: Buffer) => ({ name, mimeType: 'application/zip', buffer });

test('a zip of AdapterHub is used, trained on and taken away as PEFT', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  await studio.go('Use');
  const adapters = studio.region('Adapters');
  await page.getByLabel('Adapter file').setInputFiles(zip('python.zip', loraFile('roberta-tiny', 128, 2)));
  await expect(adapters.getByRole('listitem', { name: 'from_python' })).toContainText('from python.zip');

  await page.getByRole('textbox', { name: 'Text to classify' }).fill('a fine film');
  await studio.button('Predict').click();
  await expect(page.getByRole('region', { name: 'Prediction' })).toContainText('👍');

  await studio.go('Train');
  await studio.combobox('Dataset').selectOption({ index: 1 });
  await studio.go('Use');
  await adapters.getByRole('button', { name: /Start from/ }).click();
  await expect(studio.combobox('Method')).toBeDisabled();
  await studio.combobox('Dataset').selectOption({ index: 0 });
  await studio.fill({ epochs: 1, trainingRows: 16, batchSize: 8 });
  await studio.trainToTheEnd();
  await studio.go('Use');
  await expect(adapters.getByRole('listitem')).toHaveCount(2);
  const trained = adapters.getByRole('listitem').first();
  await expect(trained).toContainText('continued from from_python');

  await trained.getByRole('combobox', { name: /Format of/ }).selectOption('peft');
  const downloading = page.waitForEvent('download');
  await trained.getByRole('button', { name: 'Download zip' }).click();
  const download = await downloading;
  const bytes = await readFile(await download.path());
  await page.getByLabel('Adapter file').setInputFiles(zip('again-peft.zip', bytes));
  await expect(adapters.getByRole('listitem', { name: 'again-peft' })).toContainText('from again-peft.zip');

  // All of it is there after a reload.
  await page.reload();
  await expect(adapters.getByRole('listitem')).toHaveCount(3);
});

test('what does not fit is refused by name, and the list stays as it was', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  await studio.go('Use');
  const problems = page.getByRole('alert');
  const choose = (name: string, bytes: Buffer) =>
    page.getByLabel('Adapter file').setInputFiles(zip(name, bytes));
  await choose('base.zip', loraFile('roberta-base', 768, 12));
  await expect(problems.first()).toContainText(
    'it needs roberta-base, a model of type roberta, hidden size 768',
  );
  await choose('deep.zip', loraFile('roberta-tiny', 128, 5));
  await expect(problems.first()).toContainText('deep.zip');
  await choose('cut.zip', loraFile('roberta-tiny', 128, 2).subarray(0, 5000));
  await expect(problems.first()).toContainText('cut.zip');
  await choose('words.zip', Buffer.from('this is no zip at all'));
  await expect(problems.first()).toContainText('words.zip');
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(0);

  await choose('renamed.zip', loraFile('someone/xroberta-tiny', 128, 2));
  await expect(problems.first()).toContainText('renamed.zip was made for someone/xroberta-tiny');
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(0);
  await studio.button('Use it all the same').click();
  await expect(studio.region('Adapters')).toContainText('someone/xroberta-tiny');
  await expect(studio.region('Adapters').getByRole('listitem')).toHaveCount(1);
});

test('a method is chosen from its family, with its size and what to know of it', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  const setup = page.getByRole('complementary', { name: 'Set-up' });
  await expect(setup).toContainText('numbers train');
  await studio.combobox('Method').selectOption('loreft');
  await page.getByText('Advanced').click();
  await page.getByRole('spinbutton', { name: 'Weight decay' }).fill('0.01');
  await expect(setup.getByRole('list', { name: 'Good to know' })).toContainText(
    'Weight decay destroys LoReFT',
  );
  await page.getByRole('spinbutton', { name: 'Weight decay' }).fill('0');
  await expect(setup.getByRole('list', { name: 'Good to know' })).not.toContainText('Weight decay');
  await studio.combobox('Method').selectOption('compacter');
  await page.getByRole('spinbutton', { name: 'Kronecker products' }).fill('5');
  await expect(setup).toContainText('phm_dim');

  // The usual few are in front; what few need is a click away, and kept while another method is looked at.
  await studio.combobox('Method').selectOption('seq_bn');
  const gating = page.getByRole('checkbox', { name: 'Gating' });
  await expect(gating).toBeHidden();
  await page.getByText('More options').click();
  await gating.check();
  await expect(setup.getByRole('list', { name: 'Good to know' })).toContainText('Padding to max length');
  await page.getByText('By layer').click();
  await page.getByRole('spinbutton', { name: 'Reduction factor, layer 0' }).fill('2');
  await expect(setup).toContainText(/file will hold/);
  await page.getByRole('checkbox', { name: 'Behind feed-forward' }).uncheck();
  await expect(setup).toContainText('output_adapter');
  await page.getByRole('checkbox', { name: 'Behind feed-forward' }).check();
  await studio.combobox('Method').selectOption('union');
  await studio.combobox('Method').selectOption('seq_bn');
  await expect(page.getByText('1 changed')).toBeVisible();
  await page.getByText('By layer').click();
  await expect(page.getByRole('spinbutton', { name: 'Reduction factor, layer 0' })).toHaveValue('2');

  // Members of a union have options of their own.
  await studio.combobox('Method').selectOption('union');
  const lora = page.getByRole('group', { name: 'LoRA', exact: true }).first();
  await lora.getByRole('spinbutton', { name: 'Rank' }).fill('0');
  await expect(studio.button('Train')).toBeDisabled();
  await lora.getByRole('button', { name: 'Back to default' }).click();
  await expect(studio.button('Train')).toBeEnabled();
});

test('a prefix is ejected from the network that made it, and LoRA is averaged by its products', async ({
  page,
}) => {
  const studio = new StudioPage(page);
  await studio.open();
  await studio.combobox('Method').selectOption('prefix_tuning');
  await studio.fill({ epochs: 1, trainingRows: 8, batchSize: 8 });
  await studio.trainToTheEnd();
  await studio.go('Use');
  const adapters = studio.region('Adapters');
  await adapters.getByRole('button', { name: 'Eject the reparametrisation' }).click();
  await expect(adapters.getByRole('listitem')).toHaveCount(2);
  await expect(adapters.getByRole('listitem').first()).toContainText('Prefix tuning, flat');
  // A flat one has no network to eject.
  await expect(adapters.getByRole('button', { name: 'Eject the reparametrisation' })).toHaveCount(1);

  for (const name of ['one.zip', 'two.zip'])
    await page.getByLabel('Adapter file').setInputFiles(zip(name, loraFile('roberta-tiny', 128, 2)));
  await expect(adapters.getByRole('listitem', { name: 'from_python' })).toHaveCount(2);
  await adapters.getByText('Average adapters').click();
  for (const i of [0, 1])
    await adapters
      .getByRole('spinbutton', { name: /from_python/ })
      .nth(i)
      .fill('1');
  await expect(adapters).toContainText('not the average of what the adapters add');
  await studio.combobox('What is averaged').selectOption({ label: 'LoRA’s products' });
  await page.getByRole('spinbutton', { name: 'Rank of the result' }).fill('2');
  await studio.button('Average them').click();
  await expect(adapters.getByRole('listitem', { name: /^average of/ })).toBeVisible();
});

test('adapters are asked together, fused, and the fusion comes back from its zip', async ({ page }) => {
  const studio = new StudioPage(page);
  await studio.open();
  const adapters = studio.region('Adapters');
  await studio.combobox('Method').selectOption('seq_bn');
  await studio.fill({ epochs: 1, trainingRows: 16, batchSize: 16 });
  await studio.trainToTheEnd();
  await studio.fill({ seed: 7 });
  await studio.trainToTheEnd();

  await studio.go('Use');
  await page.getByText('Ask several adapters at once').click();
  const several = page.getByRole('form', { name: 'Ask several adapters' });
  for (const box of await several.getByRole('checkbox').all()) await box.check();
  await several.getByRole('textbox').fill('a fine film\na dull film\nneither');
  await several.getByRole('button', { name: 'Ask them' }).click();
  await expect(several.getByRole('row')).toHaveCount(1 + 6);
  await several.getByRole('combobox').selectOption('BatchSplit');
  await expect(several).toContainText('2 adapters need 2 lines; there are 3');
  await expect(several.getByRole('button', { name: 'Ask them' })).toBeDisabled();
  await several.getByRole('textbox').fill('a fine film\na dull film');
  await several.getByRole('button', { name: 'Ask them' }).click();
  await expect(several.getByRole('row')).toHaveCount(1 + 2);

  await studio.go('Train');
  await studio.combobox('Use saved adapters').selectOption('dynamic');
  await expect(studio.button('Train')).toBeDisabled();
  for (const box of await page.getByRole('group', { name: 'Saved adapters' }).getByRole('checkbox').all())
    await box.check();
  await expect(studio.combobox('Method')).toBeDisabled();
  await studio.trainToTheEnd();
  await studio.go('Use');
  const fusion = adapters.getByRole('listitem').first();
  await expect(fusion).toContainText('fusion of 2 saved adapters');
  const { bytes } = await studio.download(() => fusion.getByRole('button', { name: 'Download zip' }).click());
  expect([...readZip(bytes, 'fusion.zip').keys()]).toContain('adapter_setup.json');
  await page.getByLabel('Adapter file').setInputFiles(zip('fused.zip', Buffer.from(bytes)));
  await expect(adapters.getByRole('listitem').first()).toContainText('fusion of 2 saved adapters');
  await expect(adapters.getByRole('listitem').first()).toContainText('from fused.zip');
});
