import { expect, it } from 'vitest';
import { ejectPrefix } from '../../src/adapters/builders/eject-prefix';
import type { AdapterBundle } from '../../src/formats/bundle';
import { exportReasons } from '../../src/formats/exports';
import { readPeft } from '../../src/formats/peft';
import { readSafetensors, writeSafetensors } from '../../src/formats/safetensors';
import { referenceExecutor } from '../../src/runtime/reference/reference';
import { allowed, relativeError } from './compare';
import { diskSource } from './disk-source';
import { familyLogits, loadFamily, savedBundle } from './family-case';
import { goldenFamilies, goldenTokenizers } from './family-suite';
import { readFolder } from './source';

goldenTokenizers(diskSource);
goldenFamilies('reference', async () => referenceExecutor, diskSource);

const peftFiles = (name: string) => readFolder(diskSource, `families/${name}/peft`);

it.each([
  ['bert', { layers: 1, usePooler: true }],
  ['distilbert', { layers: 2, activationFunction: 'relu', usePooler: false }],
] as const)('reads what peft saved on %s, whose head is another', async (name, head) => {
  const bundle = readPeft(await peftFiles(name), 'peft', 'main');
  expect(bundle).toMatchObject({ base: { name, modelType: name, hiddenSize: 40 }, head });
  // Query and value in every layer are AdapterHub's LoRA.
  expect(bundle.config).toMatchObject({ architecture: 'lora', attn_matrices: ['q', 'v'] });
  const family = await loadFamily(diskSource, name);
  const logits = await familyLogits(referenceExecutor, family, bundle);
  expect(relativeError(logits, family.tensors.get('peft/logits')!.data)).toBeLessThan(allowed.output);
});

it('ejects the network of DistilBERT’s prefixes, which have a name of their own', async () => {
  const family = await loadFamily(diskSource, 'distilbert');
  const bundle = await savedBundle(diskSource, family, 'prefix_tuning');
  const ejected = { ...bundle, ...ejectPrefix({ ...bundle, config: bundle.config! }, bundle.name) };
  expect([...ejected.tensors.keys()]).toEqual([
    'distilbert.prefix_tuning.prefix_tunings.main.self.control_trans',
  ]);
  const logits = await familyLogits(referenceExecutor, family, ejected);
  const expected = family.tensors.get('prefix_tuning/logits')!.data;
  expect(relativeError(logits, expected)).toBeLessThan(allowed.output);
});

it('says that a head of DistilBERT is half missing', async () => {
  const files = await peftFiles('distilbert');
  const tensors = readSafetensors(files.get('adapter_model.safetensors')!, 'adapter_model.safetensors');
  const without = new Map([...tensors].filter(([name]) => !name.includes('pre_classifier')));
  const damaged = new Map([...files, ['adapter_model.safetensors', writeSafetensors(without)]]);
  expect(() => readPeft(damaged, 'peft', 'main')).toThrow('`pre_classifier.weight` is missing');
});

it('says why a head is none of the class’s', async () => {
  const reasonsOf = async (name: 'bert' | 'distilbert' | 'camembert', id: string) => {
    const bundle: AdapterBundle = await savedBundle(diskSource, await loadFamily(diskSource, name), id);
    return exportReasons(bundle);
  };
  expect(await reasonsOf('distilbert', 'lora')).toMatchObject({
    adapterhub: null,
    peft: "the head's activation is tanh, DistilBertForSequenceClassification's is relu",
    merged: "the head's activation is tanh, DistilBertForSequenceClassification's is relu",
  });
  expect(await reasonsOf('distilbert', 'lora_relu')).toEqual({ adapterhub: null, peft: null, merged: null });
  expect(await reasonsOf('bert', 'lora_pooler')).toEqual({ adapterhub: null, peft: null, merged: null });
  expect(await reasonsOf('camembert', 'lora_ffn')).toMatchObject({
    merged: "the head has 1 layer, RobertaForSequenceClassification's has two",
  });
});
