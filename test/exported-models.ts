/** Adapters of every kind as exported ONNX models, with the inputs and logits they are held to. */
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { adapterMethods } from '../src/adapters/registry';
import type { AdapterBundle, HeadConfig, Tensor } from '../src/formats/bundle';
import { classifierModel } from '../src/formats/onnx/classifier';
import type { Precision } from '../src/formats/onnx/precision';
import { readAdapter } from '../src/formats/read-adapter';
import { buildPlan, planOfBundle } from '../src/host/adapters/adapter-plan';
import { classifierOf } from '../src/host/adapters/onnx-classifier';
import { headOf } from '../src/host/runs/run-preparation';
import { baseTensor } from '../src/models/base-weights';
import { initialize } from '../src/train/initialize';
import { drawnAdapter, lengthOf, logitsOf } from './drawn-adapters';
import { type BaseModel, loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';
import { families, loadFamily, savedBundle } from './golden/family-case';
import { loadMethodCase, recordedMethods } from './golden/method-case';
import { bundleOfCase, filesOfCase } from './golden/save-and-load';

export interface ExportedModel {
  readonly name: string;
  readonly bundle: AdapterBundle;
  readonly base: BaseModel;
  readonly input_ids: readonly (readonly number[])[];
  readonly attention_mask: readonly (readonly number[])[];
  /** [texts, labels], row-major. */
  readonly logits: Float32Array;
}

export async function modelBytes(
  { bundle, base }: Pick<ExportedModel, 'bundle' | 'base'>,
  precision: Precision = 'f32',
): Promise<Uint8Array<ArrayBuffer>> {
  return classifierModel(await classifierOf(bundle, base), precision, '0', {}).toBytes();
}

const padded = [
  [0, 17, 45, 200, 3, 2],
  [0, 301, 9, 2, 1, 1],
];

/** Every registered method, drawn, with the reference executor's logits. */
export async function registeredModels(): Promise<ExportedModel[]> {
  const base = await loadBaseModel(diskSource, 'models/tiny-a');
  const ids = [...adapterMethods, ...peftMethods].map(({ id }) => id);
  return Promise.all(ids.map(async (id) => modelOf(`registered ${id}`, await drawnAdapter(base, id), base)));
}

async function modelOf(
  name: string,
  bundle: AdapterBundle,
  base: BaseModel,
  ids: ExportedModel['input_ids'] = padded,
): Promise<ExportedModel> {
  return {
    name,
    bundle,
    base,
    input_ids: ids,
    attention_mask: ids.map((row) => row.map((_, at) => Number(at < lengthOf(row)))),
    logits: await logitsOf(base, bundle, ids),
  };
}

/** Texts with a padding token inside, which has padding's position and is attended to. */
export async function oddTexts(): Promise<ExportedModel[]> {
  const base = await loadBaseModel(diskSource, 'models/tiny-a');
  const ids = [
    [0, 17, 1, 200, 3, 2],
    [0, 1, 9, 2, 1, 1],
  ];
  return Promise.all(
    ['lora', 'prompt_tuning'].map(async (id) =>
      modelOf(`padding inside, ${id}`, await drawnAdapter(base, id), base, ids),
    ),
  );
}

const heads: Readonly<Record<string, Partial<HeadConfig>>> = {
  'one layer': { layers: 1 },
  'three layers, relu': { layers: 3, activationFunction: 'relu' },
  'three layers, gelu': { layers: 3, activationFunction: 'gelu' },
  'no activation': { activationFunction: null },
  'no bias': { bias: false },
  pooler: { usePooler: true },
  'pooler, one layer': { usePooler: true, layers: 1 },
  labels: { headType: 'multilabel_classification' },
  number: { numLabels: 1, labels: ['score'] },
};

/** Every option of a head, under LoRA, with the reference executor's logits. */
export async function headModels(): Promise<ExportedModel[]> {
  const base = await loadBaseModel(diskSource, 'models/tiny-a');
  const lora = await drawnAdapter(base, 'lora');
  return Promise.all(
    Object.entries(heads).map(async ([name, options]) => {
      const head: HeadConfig = { ...lora.head, numLabels: 3, labels: ['a', 'b', 'c'], ...options };
      const bundle = { ...lora, head };
      const { trainable } = buildPlan(planOfBundle(bundle), {
        model: base.config,
        head: headOf(bundle),
        dropout: false,
      });
      const own = trainable.filter((tensor) => tensor.name.startsWith('heads.'));
      const headTensors: ReadonlyMap<string, Tensor> = await initialize(own, 3, (tensor) =>
        baseTensor(base, tensor),
      );
      return modelOf(`head: ${name}`, { ...bundle, headTensors }, base);
    }),
  );
}

/** The recorded cases that the studio can have as one adapter, compositions among them, with the recorded logits. */
export async function recordedModels(): Promise<ExportedModel[]> {
  const models: ExportedModel[] = [];
  for (const id of await recordedMethods(diskSource)) {
    const method = await loadMethodCase(diskSource, id);
    const { fixture, recorded, tensors, base, setup } = method;
    const files = bundleOfCase(method) ? null : filesOfCase(method);
    const isRead = files && setup && (setup.type === 'Stack' || setup.type === 'Fuse');
    const bundle = bundleOfCase(method) ?? (isRead ? readAdapter(files, id) : null);
    if (!bundle) continue;
    const { input_ids, attention_mask } = recorded[fixture.batch]!;
    const logits = tensors.get('pert/logits')!.data;
    models.push({ name: `recorded ${id}`, bundle, base, input_ids, attention_mask, logits });
  }
  return models;
}

/** Every family of base models, with AdapterHub's recorded logits. */
export async function familyModels(): Promise<ExportedModel[]> {
  const models: ExportedModel[] = [];
  for (const name of families) {
    const family = await loadFamily(diskSource, name);
    const { modelType } = family.base.config.family;
    const { input_ids, attention_mask } = family.reference.batch;
    for (const [id, { alone }] of Object.entries(family.reference.cases)) {
      // Where the library computed texts alone it did so because padding would have changed its answers.
      if (alone) continue;
      const read = await savedBundle(diskSource, family, id);
      const bundle = { ...read, base: { ...read.base, modelType } };
      const logits = family.tensors.get(`${id}/logits`)!.data;
      models.push({ name: `${name} ${id}`, bundle, base: family.base, input_ids, attention_mask, logits });
    }
  }
  return models;
}
