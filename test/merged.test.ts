/** A merged model computes what base model and adapter did: for every registered method that merges, and every variant of PEFT's. */
import { describe, expect, it } from 'vitest';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { adapterMethods } from '../src/adapters/registry';
import type { AdapterBundle, Tensor } from '../src/formats/bundle';
import { exportReasons } from '../src/formats/exports';
import { writeMergedModel } from '../src/formats/hugging-face';
import { readSafetensors } from '../src/formats/safetensors';
import { drawnAdapter, logitsOf } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';
import { relativeError } from './golden/compare';
import { diskSource } from './golden/disk-source';
import { readJson, readTensors, type TensorMap } from './golden/source';

const folder = 'models/tiny-a';
const base = await loadBaseModel(diskSource, folder);
const baseTensors: TensorMap = await readTensors(diskSource, `${folder}/model.safetensors`);
const config = await readJson<Record<string, unknown>>(diskSource, `${folder}/config.json`);
const ids = [
  [0, 17, 45, 200, 3, 2],
  [0, 301, 9, 2, 1, 1],
];

/** The head of a merged model's file, and no adapter. */
function headOnly(bundle: AdapterBundle, tensors: ReadonlyMap<string, Tensor>): AdapterBundle {
  const place = (name: string) =>
    name.replace('classifier.dense.', 'heads.main.1.').replace('classifier.out_proj.', 'heads.main.4.');
  const head = [...tensors].filter(([name]) => name.startsWith('classifier.'));
  return {
    ...bundle,
    config: null,
    tensors: new Map(),
    headTensors: new Map(head.map(([name, tensor]) => [place(name), tensor])),
  };
}

const all = [...adapterMethods, ...peftMethods].map(({ id }) => id);
const bundles = new Map(
  await Promise.all(all.map(async (id) => [id, await drawnAdapter(base, id)] as const)),
);
const reasonOf = (id: string) => exportReasons(bundles.get(id)!).merged;
const mergeable = all.filter((id) => reasonOf(id) === null);

describe('merged into the base model', () => {
  it('are the methods that change weights', () => {
    expect(mergeable).toEqual(
      expect.arrayContaining([
        'lora',
        'lora_fa',
        'dora',
        'ia3',
        'vera',
        'dvora',
        'mtl_lora',
        'head_only',
        'bitfit',
        'full',
      ]),
    );
    expect(mergeable).toEqual(expect.arrayContaining(['peft_lora', 'peft_dora', 'peft_ia3', 'peft_vera']));
    expect(mergeable).not.toContain('seq_bn');
  });

  it.each(mergeable)('%s gives the same logits', async (id) => {
    const bundle = bundles.get(id)!;
    const expected = await logitsOf(base, bundle, ids);
    const files = writeMergedModel(bundle, { config, tensors: baseTensors, tokenizer: new Map() });
    const merged = readSafetensors(files.get('model.safetensors')!, 'model.safetensors');
    const bytes = files.get('model.safetensors')!;
    const model = await loadBaseModel(
      { bytes: (path) => (path.endsWith('.json') ? diskSource.bytes(path) : Promise.resolve(bytes)) },
      folder,
    );
    const head = headOnly(bundle, merged);
    expect(relativeError(await logitsOf(model, head, ids), expected)).toBeLessThan(1e-5);
    // The adapter did something: the base model under the same head is another function.
    if (id !== 'head_only')
      expect(relativeError(await logitsOf(base, head, ids), expected)).toBeGreaterThan(1e-3);
  });

  it.each(all.filter((id) => !mergeable.includes(id)))('%s is refused with a reason', (id) => {
    expect(() =>
      writeMergedModel(bundles.get(id)!, { config, tensors: baseTensors, tokenizer: new Map() }),
    ).toThrow(reasonOf(id)!);
  });
});
