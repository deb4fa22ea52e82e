/** What we write for each family of base models loads in Python and computes the same. Skipped where there is no Python for it. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAdapterHub } from '../src/formats/adapterhub';
import type { AdapterBundle } from '../src/formats/bundle';
import { mergedModelReason, writeMergedModel } from '../src/formats/hugging-face';
import { peftReason, readPeft, writePeft } from '../src/formats/peft';
import { readSafetensors } from '../src/formats/safetensors';
import { fixturePath } from './fixtures-folder';
import { diskSource } from './golden/disk-source';
import { type Family, families, loadFamily, savedBundle } from './golden/family-case';
import { readFolder } from './golden/source';
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

describe.skipIf(!python)('adapters of every family in Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
  const hubChecks: (AdapterCheck & { readonly name: string })[] = [];
  const peftJobs: (PeftJob & { readonly name: string })[] = [];
  let hubResults: PythonResults['checks'];
  let onePool: PythonResults['checks'][number];
  let peftResults: readonly PeftResult[];

  const put = (name: string, files: ReadonlyMap<string, Uint8Array>) => {
    const target = join(folder, name);
    mkdirSync(target, { recursive: true });
    for (const [file, bytes] of files) writeFileSync(join(target, file), bytes);
    return target;
  };
  const logitsOf = ({ tensors }: Family, key: string, labels: number) => {
    const { data } = tensors.get(key)!;
    return Array.from({ length: data.length / labels }, (_, i) => [
      ...data.subarray(i * labels, (i + 1) * labels),
    ]);
  };
  const putExpected = (family: Family, key: string, labels: number) => {
    const { input_ids, attention_mask } = family.reference.batch;
    const path = join(folder, `${family.name}-${key.replace('/', '-')}.json`);
    writeFileSync(path, JSON.stringify({ input_ids, attention_mask, logits: logitsOf(family, key, labels) }));
    return path;
  };
  /** One row a line, without padding. */
  const putRows = ({ name, reference }: Family) => {
    const { input_ids, attention_mask } = reference.batch;
    const rows = input_ids.map((ids, i) => ids.filter((_, at) => attention_mask[i]![at] === 1));
    const path = join(folder, `${name}-rows.jsonl`);
    const line = (ids: readonly number[]) =>
      `${JSON.stringify({ input_ids: ids, attention_mask: ids.map(() => 1) })}\n`;
    writeFileSync(path, rows.map(line).join(''));
    return path;
  };
  /** `adapters` loads CamemBERT as the RoBERTa that it is. */
  const baseForAdapters = ({ name, base }: Family) => {
    const original = fixturePath(`families/${name}`);
    if (base.config.family.modelType !== 'camembert') return original;
    const copy = join(folder, 'camembert-base');
    cpSync(original, copy, { recursive: true });
    const config = JSON.parse(readFileSync(join(copy, 'config.json'), 'utf8')) as object;
    writeFileSync(join(copy, 'config.json'), JSON.stringify({ ...config, model_type: 'roberta' }));
    return copy;
  };
  const baseFiles = (name: string) => ({
    config: JSON.parse(readFileSync(fixturePath(`families/${name}/config.json`), 'utf8')) as Record<
      string,
      unknown
    >,
    tensors: new Map(
      readSafetensors(new Uint8Array(readFileSync(fixturePath(`families/${name}/model.safetensors`))), name),
    ),
    tokenizer: new Map<string, Uint8Array<ArrayBuffer>>(),
  });

  const addPeftAndMerged = (family: Family, id: string, bundle: AdapterBundle, expected: string) => {
    const base = fixturePath(`families/${family.name}`);
    const classes = bundle.head.numLabels;
    const add = (kind: PeftJob['kind'], files: ReadonlyMap<string, Uint8Array>) => {
      const name = `${family.name}-${kind}-${id}`;
      peftJobs.push({ name, kind, base, folder: put(name, files), expected, classes });
    };
    if (peftReason(bundle) === null) add('peft', writePeft(bundle));
    if (mergedModelReason(bundle) === null) add('merged', writeMergedModel(bundle, baseFiles(family.name)));
  };

  /** DistilBERT's prefixes as a run writes them: once, where the library's file has them again in every layer. */
  const withOnePool = async (): Promise<AdapterCheck> => {
    const family = await loadFamily(diskSource, 'distilbert');
    const bundle = await savedBundle(diskSource, family, 'prefix_tuning');
    const tensors = new Map([...bundle.tensors].filter(([name]) => !name.includes('.prefix_tuning.pool.')));
    expect(tensors.size).toBeLessThan(bundle.tensors.size);
    const { expected, base } = hubChecks.find(({ name }) => name === 'distilbert prefix_tuning')!;
    const adapter = put('distilbert-one-pool', writeAdapterHub({ ...bundle, tensors }));
    return { base, adapter, inputs: expected, expected };
  };

  beforeAll(async () => {
    for (const name of families) {
      const family = await loadFamily(diskSource, name);
      const { modelType } = family.base.config.family;
      const base = baseForAdapters(family);
      for (const [id, { alone, labels }] of Object.entries(family.reference.cases)) {
        const read = await savedBundle(diskSource, family, id);
        // As the studio's own records have it: the base model's kind, which AdapterHub's files say only where it has a class.
        const bundle = { ...read, base: { ...read.base, modelType } };
        const expected = putExpected(family, `${id}/logits`, labels);
        hubChecks.push({
          name: `${name} ${id}`,
          base,
          adapter: put(`${name}-hub-${id}`, writeAdapterHub(bundle)),
          inputs: alone ? putRows(family) : expected,
          expected,
          attention: alone ? 'sdpa' : 'eager',
        });
        addPeftAndMerged(family, id, bundle, expected);
      }
      if (!family.tensors.has('peft/logits')) continue;
      const bundle = readPeft(await readFolder(diskSource, `families/${name}/peft`), 'peft', 'main');
      addPeftAndMerged(
        family,
        'from-peft',
        bundle,
        putExpected(family, 'peft/logits', bundle.head.numLabels),
      );
    }
    const { checks } = runPythonChecks(python!, { checks: [...hubChecks, await withOnePool()] });
    hubResults = checks.slice(0, -1);
    onePool = checks.at(-1)!;
    peftResults = runPeftChecks(python!, peftJobs);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('AdapterHub loads every adapter completely, with the recorded logits', () => {
    const wrong = hubResults.flatMap((result, i) =>
      result.exit_code === 0 && result.problems.length === 0 ? [] : [{ of: hubChecks[i]!.name, ...result }],
    );
    const largest = Math.max(...hubResults.map(({ max_abs_diff }) => max_abs_diff ?? Infinity));
    console.log(
      `interop families: ${hubResults.length} AdapterHub folders, largest difference of logits ${largest.toExponential(2)}`,
    );
    expect(wrong).toEqual([]);
    expect(hubResults.length).toBeGreaterThanOrEqual(3 * families.length);
  });

  it('AdapterHub takes DistilBERT’s prefixes from one place', () => {
    // The checker knows the copies by RoBERTa's names only and misses them; the logits tell.
    expect(onePool.problems.filter((problem) => !problem.includes('.prefix_tuning.pool.'))).toEqual([]);
    expect(onePool.max_abs_diff).toBeLessThan(1e-5);
  });

  it('PEFT and transformers load every other export, with the recorded logits', () => {
    const wrong = peftResults.flatMap((result, i) =>
      result.error === null && result.missing.length === 0 && result.max_abs_diff! <= 1e-4
        ? []
        : [{ of: peftJobs[i]!.name, ...result }],
    );
    const largest = Math.max(...peftResults.map(({ max_abs_diff }) => max_abs_diff ?? Infinity));
    console.log(
      `interop families: ${peftJobs.map(({ name }) => name).join(', ')}; largest difference ${largest.toExponential(2)}`,
    );
    expect(wrong).toEqual([]);
    expect(new Set(peftJobs.map(({ kind, base }) => `${kind} ${base}`)).size).toBe(2 * families.length);
  });
});
