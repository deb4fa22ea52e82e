/**
 * The Python script of a run, run in Python as it stands: the real library trains the same parameters for as many steps with
 * the same learning rates and counts the same operations. Values are its own: it draws them, and the order, by itself.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AdapterConfig } from '../src/adapters/config';
import { configWith } from '../src/adapters/config-with';
import { dynamicFusion } from '../src/adapters/default-configs';
import { adapterMethods, methodById, methodOfConfig } from '../src/adapters/registry';
import { single } from '../src/adapters/setup';
import { writeCsv } from '../src/data/csv/writer';
import { type Dataset, labelText, type Split } from '../src/data/dataset';
import { textsOf } from '../src/data/texts';
import { loadTokenizer } from '../src/data/tokenizer';
import { writeAdapterHub } from '../src/formats/adapterhub';
import { setupOfBundle, writeAdapterSetup } from '../src/formats/adapterhub-setup';
import type { AdapterBundle } from '../src/formats/bundle';
import { type BaseModelFiles, writeMergedModel } from '../src/formats/hugging-face';
import { writePeft } from '../src/formats/peft';
import { readSafetensors } from '../src/formats/safetensors';
import { buildPlan, composedOf, planOfBundle, type SavedAdapters } from '../src/host/adapters/adapter-plan';
import { EncodedRows } from '../src/host/data/encoded-rows';
import { type LoadedBaseModel, storedBase } from '../src/host/models/base-models';
import { headOf, type PreparedRun, prepareRun } from '../src/host/runs/run-preparation';
import { baseTensor } from '../src/models/base-weights';
import { pythonScript } from '../src/python/script';
import { scheduleFactor } from '../src/runs/schedule';
import { defaultSettings, type RunSettings } from '../src/runs/settings';
import type { TaskType } from '../src/task';
import { countedParameters, totalFlos } from '../src/train/flos';
import { initialize } from '../src/train/initialize';
import { drawnAdapter } from './drawn-adapters';
import { fixturePath } from './fixtures-folder';
import { type BaseModel, loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';
import { type FamilyName, families, loadFamily } from './golden/family-case';
import { findPython, runPython } from './python';
import { scriptStrings } from './script-strings';

const python = findPython();
const tiny = fileURLToPath(new URL('../public/models/roberta-tiny', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Job {
  readonly script: string;
  readonly folder: string;
  readonly train: boolean;
  readonly weight?: string;
}

interface Result {
  readonly error: string | null;
  readonly trained: Readonly<Record<string, number>>;
  readonly counted: number;
  readonly config: AdapterConfig | null;
  readonly labels: readonly string[] | null;
  readonly steps: number;
  readonly learning_rates: readonly number[];
  readonly total_flos: number;
  readonly rows: number;
  readonly evaluated: readonly string[];
  readonly saved: readonly string[];
  readonly weight: readonly number[] | null;
}

interface Case {
  readonly id: string;
  readonly settings: Partial<RunSettings>;
  readonly task?: TaskType;
  readonly labels?: readonly string[];
  readonly rows?: number;
  readonly train?: true;
  /** Else roberta-tiny. */
  readonly family?: FamilyName;
}

/** Every text has as many tokens, so that no order of the rows pads more than another. */
const textOf = (row: number) => `a ${['good', 'fine', 'bad', 'slow'][row % 4]} film`;

function targetsOf(task: TaskType, labels: number, rows: number): Uint32Array | Float32Array {
  if (task === 'classification') return Uint32Array.from({ length: rows }, (_, row) => Number(row % 3 === 0));
  return Float32Array.from({ length: task === 'multilabel' ? rows * labels : rows }, (_, i) =>
    task === 'multilabel' ? Number(i % 3 === 0) : i / 4,
  );
}

function datasetOf({ task = 'classification', labels = ['no', 'yes'], rows = 12 }: Case): Dataset {
  const split = (length: number): Split => ({
    texts: textsOf(Array.from({ length }, (_, row) => textOf(row))),
    labels: targetsOf(task, labels.length, length),
  });
  const splits = { train: split(rows), validation: split(4) };
  return { id: 'd', name: 'Small-Rows.csv', task, fingerprint: '', labelNames: labels, splits };
}

const method = (id: string, values: AdapterConfig = {}) => ({
  method: id,
  methodConfig: configWith(methodById(id), values, adapterMethods),
});
const several = { task: 'multilabel', labels: ['warm', 'cold', 'a "quoted" one'] } as const;
const [below, fused] = ['saved seq_bn', 'saved too'];

const trained: readonly Case[] = [
  {
    id: 'LoRA on some of the rows, with a warm-up',
    settings: {
      ...method('lora', { r: 4, attn_matrices: ['q', 'k'], dropout: 0.1 }),
      batchSize: 4,
      epochs: 3,
      trainingRows: 10,
      validationRows: 2,
      warmupSteps: 2,
      weightDecay: 0.01,
    },
  },
  {
    id: 'prefix tuning, accumulated, without dropout',
    settings: {
      ...method('prefix_tuning', { prefix_length: 3, bottleneck_size: 8 }),
      batchSize: 2,
      epochs: 1.5,
      gradientAccumulationSteps: 3,
      scheduler: 'cosine',
      warmupSteps: 1,
      labelSmoothing: 0.1,
      padding: 'max_length',
      maxLength: 16,
      dropout: false,
    },
  },
  {
    id: 'several labels under a head of one layer',
    ...several,
    settings: {
      ...method('seq_bn'),
      batchSize: 4,
      epochs: 2,
      scheduler: 'constant',
      warmupSteps: 3,
      evaluateEverySteps: 2,
      head: { layers: 1, activationFunction: null, bias: false, usePooler: false },
    },
  },
  {
    id: 'LoRA stacked on a saved bottleneck, with balanced classes',
    settings: {
      ...method('lora'),
      batchSize: 4,
      epochs: 1,
      composition: { type: 'Stack', adapterIds: [below] },
      classWeights: 'balanced',
      gradientAccumulationSteps: 2,
      accumulationMode: 'sum',
      recompute: true,
    },
  },
  {
    id: 'a fusion of two saved bottlenecks',
    settings: {
      ...method('seq_bn'),
      batchSize: 6,
      epochs: 1,
      composition: { type: 'Fuse', adapterIds: [below, fused], fusion: 'dynamic' },
    },
  },
  {
    id: 'numbers, on weights of eight bits',
    task: 'regression',
    labels: ['stars'],
    settings: { ...method('lora_fa'), batchSize: 6, epochs: 1, baseStorage: 'int8' },
  },
  {
    id: 'going on with a saved adapter',
    labels: ['👎', '👍'],
    settings: { ...method('seq_bn'), batchSize: 6, epochs: 1, startFrom: below },
  },
].map((each) => ({ ...each, train: true }) as Case);

/** Their checkpoints have a masked-LM head, but for CamemBERT's, of which the library has no class. */
const ofFamilies: readonly Case[] = families.map((family) => ({
  id: `LoRA on ${family}`,
  family,
  settings: { ...method('lora'), batchSize: 6, epochs: 1, padding: 'max_length', maxLength: 16 },
  train: true,
}));

const built: readonly Case[] = [
  ...adapterMethods.map(({ id }) => ({ id, settings: method(id) })),
  ...(['bert', 'distilbert'] as const).flatMap((family) =>
    ['bitfit', 'full'].map((id) => ({
      id: `${id} on ${family}`,
      family,
      settings: { ...method(id), maxLength: 16 },
    })),
  ),
];

/** Saved adapters that training goes on from, by the method they are of: each in the folder that its download unpacks to. */
const continued: readonly Case[] = ['lora_fa', 'head_only', 'full', 'peft_lora', 'stack', 'fusion'].map(
  (id) => ({
    id: `going on with ${id}`,
    labels: ['👎', '👍'],
    settings: { ...method('lora'), batchSize: 6, epochs: 1, startFrom: id },
    train: true,
  }),
);

const hostile: Case = {
  id: 'labels of every kind',
  labels: [...scriptStrings, '"""', "'''", '\\', '\\N{BULLET}', '{x}', '\ud800', '\u202e"\u2066', '\r\n# x'],
  settings: method('lora'),
};

/** The base model's file has halves: 16 bits change none of it. */
const rounded: Case = { id: 'eight bits', settings: { ...method('lora'), baseStorage: 'int8' } };
const roundedMatrix = 'roberta.encoder.layer.1.output.dense.weight';

const cases = [...trained, ...ofFamilies, ...built, ...continued, rounded, hostile];

describe.skipIf(!python)('the Python script', () => {
  const results = new Map<string, Result>();
  let base: LoadedBaseModel;
  const bases = new Map<FamilyName, LoadedBaseModel>();
  let saved: ReadonlyMap<string, AdapterBundle>;

  beforeAll(async () => {
    const bytes = (path: string) => new Uint8Array(readFileSync(join(tiny, path.split('/').at(-1)!)));
    const json = (name: string) => JSON.parse(readFileSync(join(tiny, name), 'utf8'));
    const model = await loadBaseModel({ bytes: async (path) => bytes(path) }, 'roberta-tiny');
    base = {
      ...model,
      id: 'roberta-tiny',
      identity: { name: 'roberta-tiny', revision: null, fingerprint: '' },
      storage: 'checkpoint',
      tokenizer: loadTokenizer(json('tokenizer.json'), json('tokenizer_config.json')),
    };
    for (const name of families) {
      const family = await loadFamily(diskSource, name);
      bases.set(name, { ...base, ...family.base, id: name, tokenizer: family.tokenizer });
    }
    saved = await savedAdapters(model);
    const files = {
      config: json('config.json'),
      tensors: readSafetensors(bytes('model.safetensors'), 'model.safetensors'),
      tokenizer: new Map(['tokenizer.json', 'tokenizer_config.json'].map((name) => [name, bytes(name)])),
    };
    const jobs = cases.map((each, i): Job => {
      const at = join(folder, String(i));
      mkdirSync(at);
      for (const id of savedIn(settingsOf(each)))
        writeFiles(join(at, folderOfSaved(id)), filesOfSaved(id, saved.get(id)!, files));
      const dataset = datasetOf(each);
      for (const name of ['train', 'validation'] as const)
        writeFileSync(join(at, `${name}.csv`), csvOf(dataset, dataset.splits[name]));
      writeFileSync(join(at, 'script.py'), scriptOf(each));
      return {
        script: join(at, 'script.py'),
        folder: at,
        train: each.train ?? false,
        ...(each === rounded ? { weight: roundedMatrix } : {}),
      };
    });
    const told = runPython<readonly Result[]>(python!, 'run_script.py', jobs);
    cases.forEach(({ id }, i) => void results.set(id, told[i]!));
  }, 300_000);

  const baseOf = ({ family }: Case): LoadedBaseModel => (family ? bases.get(family)! : base);

  const scriptOf = (each: Case) => {
    const { name, task, labelNames: labels, splits } = datasetOf(each);
    return pythonScript({
      settings: settingsOf(each),
      methods: adapterMethods,
      dataset: { name, task, labels, trainRows: splits.train.texts.length },
      base: {
        name: each.family ? fixturePath(`families/${each.family}`) : tiny,
        revision: null,
        modelType: baseOf(each).config.family.modelType,
      },
      saved: new Map(
        [...saved].map(([id, bundle]) => [
          id,
          { name: id, method: methodOfConfig(bundle.config).id, ...composedOf(planOfBundle(bundle)) },
        ]),
      ),
    });
  };

  const prepared = (each: Case): Promise<PreparedRun> => {
    const { startFrom, composition } = settingsOf(each);
    const adapters: SavedAdapters = {
      parent: startFrom === null ? null : saved.get(startFrom)!,
      composed: (composition?.adapterIds ?? []).map((id) => saved.get(id)!),
    };
    return prepareRun(settingsOf(each), datasetOf(each), baseOf(each), adapters, new EncodedRows(), () => {});
  };

  it.each([...trained, ...ofFamilies].map((each) => [each.id, each] as const))(
    '%s trains as the studio does',
    async (id, each) => {
      const result = results.get(id)!;
      expect(result.error).toBeNull();
      const { built: run, plan, train } = await prepared(each);
      const settings = settingsOf(each);
      const lengths = new Set(train.ids.map((row) => row.length).filter((length) => length > 0));
      expect(settings.padding === 'max_length' || lengths.size === 1).toBe(true);
      expect(result.trained).toEqual(sizesOf(run));
      expect(result.counted).toBe(run.programs.parameters.count);
      expect(result.rows).toBe(plan.rows);
      const { texts } = datasetOf(each).splits.validation;
      expect(result.evaluated).toEqual(plan.evaluated.map((row) => texts.at(row)));
      expect(result.steps).toBe(plan.totalSteps);
      expect(result.learning_rates).toHaveLength(plan.totalSteps);
      result.learning_rates.forEach((rate, t) => {
        const factor = scheduleFactor(settings.scheduler, t, plan.totalSteps, settings.warmupSteps);
        expect(rate, `step ${t + 1}`).toBeCloseTo(settings.learningRate * factor, 15);
      });
      const { config } = baseOf(each);
      const counted = countedParameters(config, run, config);
      expect(result.total_flos).toBe(totalFlos(plan.inputEntries, counted));
      expect(result.saved.length).toBeGreaterThan(1);
    },
  );

  it.each(built.map((each) => [each.id, each] as const))(
    '%s trains the same parameters',
    async (id, each) => {
      const result = results.get(id)!;
      expect(result.error).toBeNull();
      const { built: run } = await prepared(each);
      expect(result.trained).toEqual(sizesOf(run));
      expect(result.counted).toBe(run.programs.parameters.count);
      if (result.config) expect(result.config).toEqual(inLibrary(settingsOf(each).methodConfig));
      else expect(['head_only', 'bitfit', 'full']).toContain(settingsOf(each).method);
    },
  );

  it.each(continued.map((each) => [each.id, each] as const))(
    '%s trains as many numbers in as many steps',
    async (id, each) => {
      const result = results.get(id)!;
      expect(result.error).toBeNull();
      const { built: run, plan } = await prepared(each);
      expect(result.counted).toBe(run.programs.parameters.count);
      expect(result.steps).toBe(plan.totalSteps);
    },
  );

  it('weights of eight bits have the values that the studio computes with', async () => {
    const values = await storedBase(base, 'int8').frozen.read(roundedMatrix);
    // Python keeps the sign of what is rounded to 0.
    expect(results.get(rounded.id)!.weight!.map((value) => value + 0)).toEqual([...values]);
    expect([...values]).not.toEqual([...(await base.frozen.read(roundedMatrix))]);
  });

  it('labels come to Python as they are', () => {
    expect(results.get(hostile.id)).toMatchObject({ error: null, labels: hostile.labels });
  });
});

const settingsOf = ({ settings }: Case): RunSettings => ({
  ...defaultSettings,
  ...method('lora'),
  learningRate: 0.003,
  baseModel: 'roberta-tiny',
  ...settings,
});

async function savedAdapters(model: BaseModel): Promise<ReadonlyMap<string, AdapterBundle>> {
  const drawn = (id: string, name = 'main') => drawnAdapter(model, id, name);
  const [lora, one, two] = await Promise.all([drawn('lora'), drawn('seq_bn', 'one'), drawn('seq_bn', 'two')]);
  const others = [one, two].map(({ name, config, tensors }) => ({ name, config: config!, tensors }));
  const children = others.map(({ name }) => single(name));
  const stack = { type: 'Stack', children: [...children, single('main')] } as const;
  const setup = { type: 'Fuse', children } as const;
  const fusion = { ...lora, config: null, composition: { setup, others, fusion: dynamicFusion } };
  const layers = buildPlan(planOfBundle(fusion), {
    model: model.config,
    head: headOf(lora),
    dropout: false,
  }).trainable.filter(({ name }) => name.includes('.adapter_fusion_layer.'));
  const tensors = await initialize(layers, 3, (tensor) => baseTensor(model, tensor));
  const alone = ['lora_fa', 'head_only', 'full', 'peft_lora'];
  return new Map<string, AdapterBundle>([
    [below, one],
    [fused, two],
    ['stack', { ...lora, composition: { setup: stack, others, fusion: null } }],
    ['fusion', { ...fusion, tensors }],
    ...(await Promise.all(alone.map(async (id) => [id, await drawn(id)] as const))),
  ]);
}

const savedIn = ({ startFrom, composition }: RunSettings): readonly string[] => [
  ...(startFrom === null ? [] : [startFrom]),
  ...(composition?.adapterIds ?? []),
];

/** What the studio calls the zip of the format that the script asks for. */
const folderOfSaved = (id: string) =>
  id === 'full' ? `${id}-merged` : id === 'peft_lora' ? `${id}-peft` : id;

function filesOfSaved(id: string, bundle: AdapterBundle, base: BaseModelFiles) {
  if (id === 'full') return writeMergedModel(bundle, base);
  if (id === 'peft_lora') return writePeft(bundle);
  return bundle.composition ? writeAdapterSetup(setupOfBundle(bundle)) : writeAdapterHub(bundle);
}

function writeFiles(at: string, files: ReadonlyMap<string, Uint8Array>): void {
  for (const [name, content] of files) {
    mkdirSync(dirname(join(at, name)), { recursive: true });
    writeFileSync(join(at, name), content);
  }
}

/** Without what the studio adds to tell LoRA-FA and DiReFT in files. */
const inLibrary = ({ freeze_A: _, subtract_projection: __, ...config }: AdapterConfig) => config;

const sizesOf = ({ trainable }: PreparedRun['built']) =>
  Object.fromEntries(
    trainable.map(({ name, shape }) => [name, shape.reduce((product, n) => product * n, 1)]),
  );

const csvOf = (dataset: Dataset, split: Split) =>
  writeCsv([
    ['text', 'label'],
    ...Array.from({ length: split.texts.length }, (_, row) => [
      split.texts.at(row),
      labelText(dataset, split, row, '|'),
    ]),
  ]);
