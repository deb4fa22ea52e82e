/** Adapters that come in as files, held against base models of other families. */
import { expect, it } from 'vitest';
import { importAdapter } from '../src/host/adapters/imports';
import type { LoadedBaseModel } from '../src/host/models/base-models';
import { baseWeightsOf } from '../src/models/base-weights';
import { diskSource } from './golden/disk-source';
import { type Family, loadFamily } from './golden/family-case';
import { readFolder, readTensors } from './golden/source';

const [bert, distilbert, camembert] = await Promise.all([
  loadFamily(diskSource, 'bert'),
  loadFamily(diskSource, 'distilbert'),
  loadFamily(diskSource, 'camembert'),
]);

/** The import of a recorded adapter where the studio has one base model. */
async function importOnto(base: Family, adapter: Family, id: string, frozen = base.base.frozen) {
  const files = await readFolder(diskSource, `families/${adapter.name}/adapters/${id}`);
  const named = [...files].map(([path, bytes]) => ({ path, bytes }));
  const { config, tables } = base.base;
  const loaded: LoadedBaseModel = {
    id: base.name,
    config,
    frozen,
    tables,
    tokenizer: base.tokenizer,
    storage: 'checkpoint',
    identity: { name: base.name, revision: null, fingerprint: 'f' },
  };
  const description = {
    id: base.name,
    title: base.name,
    modelType: config.family.modelType,
    layers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    parameterCount: 0,
    downloadBytes: 0,
    hasPooler: config.family.hasPooler,
    kept: null,
  };
  return importAdapter({ name: id, files: named, otherBase: true }, { load: async () => loaded }, [
    description,
  ]);
}

it('an adapter of each family fits its own base model, and is stored as of its kind', async () => {
  const kindOf = async (family: Family) =>
    (await importOnto(family, family, 'lora')).record.bundle.base.modelType;
  expect(await kindOf(bert)).toBe('bert');
  expect(await kindOf(distilbert)).toBe('distilbert');
  // AdapterHub's files call it roberta.
  expect(await kindOf(camembert)).toBe('camembert');
});

it('reads no further than the base model has positions', async () => {
  expect((await importOnto(bert, bert, 'lora')).record.maxLength).toBe(44);
  expect((await importOnto(camembert, camembert, 'lora')).record.maxLength).toBe(44);
});

it('an adapter of another family is refused by the type of model that it needs', async () => {
  await expect(importOnto(distilbert, bert, 'lora')).rejects.toThrow(
    'it needs bert, a model of type bert, hidden size 40 and at least 2 layers',
  );
});

it('a head that reads a pooler is refused where the checkpoint has none', async () => {
  expect((await importOnto(bert, bert, 'lora_pooler')).record.bundle.head.usePooler).toBe(true);
  const stored = await readTensors(diskSource, 'families/bert/model.safetensors');
  const without = new Map([...stored].filter(([name]) => !name.includes('.pooler.')));
  const { frozen } = await baseWeightsOf(bert.base.config, without, async (name) => without.get(name)!.data);
  await expect(importOnto(bert, bert, 'lora_pooler', frozen)).rejects.toThrow(
    'and the head reads the pooler',
  );
});
