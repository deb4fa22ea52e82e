/** PEFT folders and merged models that we write load in Python and compute the same. Skipped where there is no Python for it. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAdapterHub, writeAdapterHub } from '../src/formats/adapterhub';
import type { AdapterBundle, Tensor } from '../src/formats/bundle';
import { writeMergedModel } from '../src/formats/hugging-face';
import { unmergeable } from '../src/formats/merge';
import { readPeft, writePeft } from '../src/formats/peft';
import { readSafetensors } from '../src/formats/safetensors';
import { fixturesFolder } from './fixtures-folder';
import { findPython, type PeftJob, type PeftResult, runPeftChecks } from './python';

const python = findPython();
const formats = join(fixturesFolder(), 'formats');

const filesOf = (...path: string[]): Map<string, Uint8Array<ArrayBuffer>> => {
  const folder = join(...path);
  return new Map(readdirSync(folder).map((file) => [file, new Uint8Array(readFileSync(join(folder, file)))]));
};

interface Expected {
  readonly base_model: string;
  readonly num_labels?: number;
}

const expectedOf = (path: string) => JSON.parse(readFileSync(path, 'utf8')) as Expected;

/** `peft_prefix_proj` and `_flat` are one function once they are saved. */
const idsIn = (format: string) =>
  existsSync(join(formats, format)) ? readdirSync(join(formats, format)).sort() : [];
const peftIds = idsIn('peft');
const hubIds = idsIn('adapterhub');

function baseFiles(name: string) {
  const folder = join(fixturesFolder(), 'models', name);
  const tensors = readSafetensors(new Uint8Array(readFileSync(join(folder, 'model.safetensors'))), name);
  return {
    config: JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>,
    tensors: new Map<string, Tensor>(tensors),
    tokenizer: new Map<string, Uint8Array<ArrayBuffer>>(),
  };
}

const hubBundle = (id: string): AdapterBundle =>
  readAdapterHub(filesOf(formats, 'adapterhub', id, 'bin'), id);
/** Adapters of AdapterHub that are PEFT's function too. */
const writable = ['lora', 'ia3', 'lora_ffn_3labels'].filter((id) => hubIds.includes(id));
const mergeable = hubIds.filter((id) => {
  if (id === 'fusion' || id === 'stack') return false;
  const { config, head } = hubBundle(id);
  return unmergeable(config) === null && head.layers === 2 && head.activationFunction === 'tanh';
});

describe('PEFT folders', () => {
  it.each(peftIds)('reads %s alike from both containers and writes it again', (id) => {
    const bundle = readPeft(filesOf(formats, 'peft', id, 'safetensors'), id, 'main');
    const fromBin = readPeft(filesOf(formats, 'peft', id, 'bin'), id, 'main');
    expect(fromBin.tensors).toEqual(bundle.tensors);
    expect(fromBin.headTensors).toEqual(bundle.headTensors);
    const again = readPeft(writePeft(bundle), id, 'main');
    expect(again.tensors).toEqual(bundle.tensors);
    expect(again.headTensors).toEqual(bundle.headTensors);
    expect(again.config).toMatchObject({
      ...bundle.config,
      ...(bundle.config?.peft ? { peft: expect.anything() } : {}),
    });
  });

  it.each(
    ['peft_dora', 'peft_ia3', 'peft_vera', 'peft_prefix_flat', 'peft_prompt', 'peft_lora_all'].filter((id) =>
      peftIds.includes(id),
    ),
  )('%s is not written for AdapterHub, with the reason', (id) => {
    const bundle = readPeft(filesOf(formats, 'peft', id, 'safetensors'), id, 'main');
    expect(() => writeAdapterHub(bundle)).toThrow(/cannot be written for AdapterHub/);
  });

  it.each(hubIds.filter((id) => !writable.includes(id) && id !== 'fusion' && id !== 'stack'))(
    '%s of AdapterHub is written only where PEFT has the same function',
    (id) => {
      const bundle = hubBundle(id);
      if (bundle.config?.architecture === 'lora' && !bundle.config.use_dora && bundle.config.vera_d === null)
        return;
      expect(() => writePeft(bundle)).toThrow(/cannot be written as PEFT/);
    },
  );
});

describe.skipIf(!python)('in Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
  const jobs: (PeftJob & { readonly name: string })[] = [];
  let results: readonly PeftResult[];

  const add = (
    name: string,
    kind: PeftJob['kind'],
    files: ReadonlyMap<string, Uint8Array>,
    expected: string,
    classes: number,
  ) => {
    const at = join(folder, name);
    mkdirSync(at);
    for (const [file, bytes] of files) writeFileSync(join(at, file), bytes);
    const base = join(fixturesFolder(), 'models', expectedOf(expected).base_model);
    jobs.push({ name, kind, base, folder: at, expected, classes });
  };

  beforeAll(() => {
    for (const id of peftIds) {
      const bundle = readPeft(filesOf(formats, 'peft', id, 'safetensors'), id, 'main');
      const expected = join(formats, 'peft', id, 'expected.json');
      add(`peft-${id}`, 'peft', writePeft(bundle), expected, bundle.head.numLabels);
      if (unmergeable(bundle.config) === null)
        add(
          `merged-${id}`,
          'merged',
          writeMergedModel(bundle, baseFiles(expectedOf(expected).base_model)),
          expected,
          bundle.head.numLabels,
        );
    }
    for (const id of writable) {
      const bundle = hubBundle(id);
      add(
        `hub-as-peft-${id}`,
        'peft',
        writePeft(bundle),
        join(formats, 'adapterhub', id, 'expected.json'),
        bundle.head.numLabels,
      );
    }
    for (const id of mergeable) {
      const bundle = hubBundle(id);
      const expected = join(formats, 'adapterhub', id, 'expected.json');
      add(
        `merged-hub-${id}`,
        'merged',
        writeMergedModel(bundle, baseFiles(expectedOf(expected).base_model)),
        expected,
        bundle.head.numLabels,
      );
    }
    results = runPeftChecks(python!, jobs);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('every folder loads completely and gives the recorded logits', () => {
    expect(results.length).toBeGreaterThanOrEqual(peftIds.length + writable.length + mergeable.length);
    const wrong = results.flatMap(({ max_abs_diff, missing, error }, i) =>
      error || missing.length > 0 || !(max_abs_diff! <= 1e-4)
        ? [{ ...jobs[i], max_abs_diff, missing, error }]
        : [],
    );
    const largest = Math.max(...results.map(({ max_abs_diff }) => max_abs_diff ?? Number.POSITIVE_INFINITY));
    console.log(
      `interop peft and merged: ${results.length} folders, largest difference of logits ${largest.toExponential(2)}`,
    );
    expect(wrong).toEqual([]);
  });
});
