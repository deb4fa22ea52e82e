/**
 * Every method that the studio writes computes the same in Python: each recorded case at `pert` against its recorded logits, and each
 * registered method with random values against the reference executor; as AdapterHub's files, PEFT's and a merged model, whichever
 * there are. Skipped where there is no Python for it.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { peftMethods } from '../src/adapters/methods/peft-methods';
import { adapterMethods } from '../src/adapters/registry';
import { withOwner } from '../src/adapters/tensor-names';
import { writeAdapterHub } from '../src/formats/adapterhub';
import type { AdapterBundle, Tensor } from '../src/formats/bundle';
import { exportReasons } from '../src/formats/exports';
import { writeMergedModel } from '../src/formats/hugging-face';
import { writePeft } from '../src/formats/peft';
import { drawnAdapter, logitsOf } from './drawn-adapters';
import { fixturesFolder } from './fixtures-folder';
import { loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';
import { loadMethodCase, recordedMethods } from './golden/method-case';
import { bundleOfCase, filesOfCase } from './golden/save-and-load';
import { readJson, readTensors } from './golden/source';
import { codeOf } from './hostile';
import {
  type AdapterCheck,
  findPython,
  type PeftJob,
  type PeftResult,
  type PythonResults,
  runPeftChecks,
  runPythonChecks,
} from './python';

const python = findPython();
const tolerance = 1e-4;
const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Words of tensor names that a careless search would take for the adapter's place; Python's own adapters may have them. */
const awkwardNames = [
  'output',
  'layer',
  'attention',
  'self',
  'encoder',
  'loras',
  'adapters',
  'heads',
  'query',
];

const hub: { name: string; check: AdapterCheck }[] = [];
const others: { name: string; job: PeftJob }[] = [];

function write(name: string, files: ReadonlyMap<string, Uint8Array>): string {
  for (const [file, bytes] of files) {
    mkdirSync(dirname(join(folder, name, file)), { recursive: true });
    writeFileSync(join(folder, name, file), bytes);
  }
  return join(folder, name);
}

/** Writes inputs and logits [rows, classes] as the checkers read them. */
function writeExpected(
  name: string,
  { input_ids, attention_mask }: { readonly input_ids: unknown; readonly attention_mask: unknown },
  logits: ArrayLike<number>,
  classes: number,
): string {
  const all = Array.from(logits);
  const rows = Array.from({ length: all.length / classes }, (_, i) =>
    all.slice(i * classes, (i + 1) * classes),
  );
  const path = join(folder, `${name}.json`);
  writeFileSync(path, JSON.stringify({ input_ids, attention_mask, logits: rows }));
  return path;
}

/** The bundle, its tensors and its head under another name. */
function renamed(bundle: AdapterBundle, to: string): AdapterBundle {
  const under = (tensors: ReadonlyMap<string, Tensor>) =>
    new Map([...tensors].map(([tensor, value]) => [withOwner(tensor, bundle.name, to), value]));
  return { ...bundle, name: to, tensors: under(bundle.tensors), headTensors: under(bundle.headTensors) };
}

const modelFolder = (name: string) => join(fixturesFolder(), 'models', name);

async function mergeable(model: string) {
  return {
    config: await readJson<Record<string, unknown>>(diskSource, `models/${model}/config.json`),
    tensors: await readTensors(diskSource, `models/${model}/model.safetensors`),
    tokenizer: new Map<string, Uint8Array<ArrayBuffer>>(),
  };
}

/** Adds the bundle in every format there is for it but AdapterHub's. */
async function addOthers(
  name: string,
  bundle: AdapterBundle,
  model: string,
  expected: string,
): Promise<void> {
  const reasons = exportReasons(bundle);
  const job = { base: modelFolder(model), expected, classes: bundle.head.numLabels };
  if (reasons.peft === null)
    others.push({
      name: `${name} as PEFT`,
      job: { ...job, kind: 'peft', folder: write(`${name}-peft`, writePeft(bundle)) },
    });
  if (reasons.merged === null) {
    const files = writeMergedModel(bundle, await mergeable(model));
    others.push({
      name: `${name} merged`,
      job: { ...job, kind: 'merged', folder: write(`${name}-merged`, files) },
    });
  }
}

async function addRecorded(id: string, index: number): Promise<void> {
  const method = await loadMethodCase(diskSource, id);
  const { fixture, recorded, tensors } = method;
  const { shape, data } = tensors.get('pert/logits')!;
  const expected = writeExpected(`recorded-${id}`, recorded[fixture.batch]!, data, shape.at(-1)!);
  const base = modelFolder(fixture.model);
  const check = (adapter: string): AdapterCheck => ({
    base,
    adapter,
    inputs: expected,
    expected,
    atol: tolerance,
    attention: JSON.stringify(fixture.setup).includes('Parallel') ? 'sdpa' : 'eager',
  });
  const files = filesOfCase(method);
  if (files) hub.push({ name: id, check: check(write(`recorded-${id}`, files)) });
  const bundle = bundleOfCase(method);
  if (!bundle) return;
  await addOthers(`recorded-${id}`, bundle, fixture.model, expected);
  const awkward = renamed(bundle, awkwardNames[index % awkwardNames.length]!);
  if (files)
    hub.push({
      name: `${id} called ${awkward.name}`,
      check: check(write(`renamed-${id}`, writeAdapterHub(awkward))),
    });
}

/** Two texts of different length; `model` is what `drawnAdapter` is for. */
async function addRegistered(id: string, model: string): Promise<void> {
  const base = await loadBaseModel(diskSource, `models/${model}`);
  const input_ids = [
    [0, 17, 45, 200, 3, 2],
    [0, 301, 9, 2, 1, 1],
  ];
  const attention_mask = input_ids.map((row) => row.map((token) => Number(token !== 1)));
  const bundle = await drawnAdapter(base, id);
  const expected = writeExpected(
    `drawn-${id}`,
    { input_ids, attention_mask },
    await logitsOf(base, bundle, input_ids),
    bundle.head.numLabels,
  );
  if (exportReasons(bundle).adapterhub === null)
    hub.push({
      name: `registered ${id}`,
      check: {
        base: modelFolder(model),
        adapter: write(`drawn-${id}`, writeAdapterHub(bundle)),
        inputs: expected,
        expected,
        atol: tolerance,
      },
    });
  await addOthers(`drawn-${id}`, bundle, model, expected);
}

describe('DiReFT for AdapterHub', () => {
  it('is refused with a non-linearity, which no file of the library keeps', async () => {
    const direft = await drawnAdapter(await loadBaseModel(diskSource, 'models/tiny-a'), 'direft');
    const bent = { ...direft, config: { ...direft.config, non_linearity: 'relu' } };
    expect(exportReasons(bent).adapterhub).toMatch(/DiReFT with the non-linearity "relu".*NoReFT/);
    expect(codeOf(() => writeAdapterHub(bent))).toBe('adapterhub-unsupported');
    expect(exportReasons(direft).adapterhub).toBeNull();
  });
});

describe.skipIf(!python)('what the studio writes, in Python', () => {
  const registered = [...adapterMethods, ...peftMethods].map(({ id }) => id);
  let hubResults: PythonResults['checks'];
  let otherResults: readonly PeftResult[];

  beforeAll(async () => {
    const ids = await recordedMethods(diskSource);
    for (const [index, id] of ids.entries()) await addRecorded(id, index);
    for (const id of registered) await addRegistered(id, 'tiny-a');
    hubResults = runPythonChecks(python!, { checks: hub.map(({ check }) => check) }).checks;
    otherResults = runPeftChecks(
      python!,
      others.map(({ job }) => job),
    );
  }, 600_000);

  it('AdapterHub loads every file completely and computes the same', () => {
    const wrong = hubResults.flatMap(({ exit_code, problems, max_abs_diff, output }, i) =>
      exit_code === 0 && problems.length === 0 && max_abs_diff! <= tolerance
        ? []
        : [{ name: hub[i]!.name, exit_code, problems, max_abs_diff, output }],
    );
    const largest = Math.max(
      ...hubResults.map(({ max_abs_diff }) => max_abs_diff ?? Number.POSITIVE_INFINITY),
    );
    console.log(
      `interop: ${hub.length} files of AdapterHub, largest difference of logits ${largest.toExponential(2)}`,
    );
    expect(wrong).toEqual([]);
  });

  it('PEFT and transformers load every folder completely and compute the same', () => {
    const wrong = otherResults.flatMap((result, i) =>
      result.error === null && result.missing.length === 0 && result.max_abs_diff! <= tolerance
        ? []
        : [{ name: others[i]!.name, ...result }],
    );
    const largest = Math.max(
      ...otherResults.map(({ max_abs_diff }) => max_abs_diff ?? Number.POSITIVE_INFINITY),
    );
    console.log(
      `interop: ${others.length} folders of PEFT and merged models, largest difference of logits ${largest.toExponential(2)}`,
    );
    expect(wrong).toEqual([]);
  });

  it('has every registered method in some format', () => {
    const written = [...hub, ...others].map(({ name }) => name).join('\n');
    for (const id of registered)
      expect(written).toMatch(new RegExp(`(registered |drawn-)${id.replaceAll('+', '\\+')}`));
  });
});
