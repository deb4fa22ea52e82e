/** The README.md of a download: what stands in it, and that a person who does what it says gets the adapter's answers. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeAdapterHub } from '../src/formats/adapterhub';
import { setupOfBundle, writeAdapterSetup } from '../src/formats/adapterhub-setup';
import type { AdapterBundle } from '../src/formats/bundle';
import type { ExportFormat } from '../src/formats/export-format';
import { modelCard } from '../src/formats/model-card';
import { writePeft } from '../src/formats/peft';
import { readAdapter } from '../src/formats/read-adapter';
import { fixturesFolder } from './fixtures-folder';
import { findPython, runPython } from './python';

const python = findPython();
const formats = join(fixturesFolder(), 'formats');

function readFolder(folder: string): ReadonlyMap<string, Uint8Array> {
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path), new Uint8Array(readFileSync(path))]),
  );
}

const filesOf = (bundle: AdapterBundle, format: Exclude<ExportFormat, 'merged'>) =>
  format === 'peft'
    ? writePeft(bundle)
    : bundle.composition
      ? writeAdapterSetup(setupOfBundle(bundle))
      : writeAdapterHub(bundle);

const run = {
  methodTitle: 'LoRA',
  paper: 'Hu et al. 2021',
  task: 'text classification',
  datasetName: 'a | b\nc',
  datasetFingerprint: 'fingerprint-of-rows',
  trainingRows: 8530,
  validationRows: 1066,
  baseRevision: null,
  baseFingerprint: 'fingerprint-of-weights',
  baseLicense: 'apache-2.0',
  settings: { 'Learning rate': '0.0001' },
  results: { evalLoss: 0.2729, evalAccuracy: 0.8856 },
  curve: [{ step: 267, loss: 0.3, accuracy: 0.87 }],
  steps: 1602,
};

describe('a model card', () => {
  const bundle = readAdapter(readFolder(join(formats, 'adapterhub/lora/bin')), 'lora');

  it('tells task, data, base, settings, results, curve and licence', () => {
    const card = modelCard(bundle, run, 'adapterhub');
    const front = card.split('---')[1]!;
    expect(front).toContain('license: "apache-2.0"');
    expect(front).toContain('library_name: adapters');
    for (const text of [
      'fingerprint-of-rows',
      'fingerprint-of-weights',
      '| Learning rate | 0.0001 |',
      '| evalAccuracy | 0.8856 |',
      '| 267 | 0.3 | 0.87 |',
      '| steps | 1602 |',
    ])
      expect(card).toContain(text);
  });

  it('keeps cells whole, and says where nothing is known of the training', () => {
    const named = { ...bundle, head: { ...bundle.head, labels: ['a | b\nc', '👍'] } };
    const card = modelCard(named, null, 'adapterhub');
    expect(card).toContain('| 0 | a \\| b c |');
    expect(card).toContain('| 1 | 👍 |');
    expect(card).toContain('how it was trained is not known here');
    expect(card).not.toContain('license');
  });
});

describe.skipIf(!python)('the card’s own Python', () => {
  const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
  const cases = [
    ['adapterhub', 'lora'],
    ['adapterhub', 'lora_ffn_3labels'],
    ['adapterhub', 'stack'],
    ['adapterhub', 'fusion'],
    ['peft', 'peft_lora_3labels'],
  ] as const;
  let results: readonly { readonly max_abs_diff: number | null; readonly error: string | null }[];

  beforeAll(() => {
    const jobs = cases.map(([format, name]) => {
      const source = join(formats, format, name);
      const bundle = readAdapter(readFolder(join(source, 'bin')), name);
      const written = filesOf({ ...bundle, base: { ...bundle.base, name: 'the-base' } }, format);
      const card = modelCard({ ...bundle, base: { ...bundle.base, name: 'the-base' } }, run, format);
      for (const [file, bytes] of [...written, ['README.md', new TextEncoder().encode(card)] as const]) {
        mkdirSync(dirname(join(folder, name, file)), { recursive: true });
        writeFileSync(join(folder, name, file), bytes);
      }
      const expected = join(source, 'expected.json');
      const { base_model } = JSON.parse(readFileSync(expected, 'utf8')) as { base_model: string };
      return {
        card: join(folder, name, 'README.md'),
        base: join(fixturesFolder(), 'models', base_model),
        named: 'the-base',
        folder: join(folder, name),
        expected,
      };
    });
    results = runPython(python!, 'run_card.py', jobs);
  }, 300_000);

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(cases.map(([format, name], i) => [format, name, i] as const))('%s %s', (_, __, i) => {
    expect(results[i]!.error).toBeNull();
    expect(results[i]!.max_abs_diff).toBeLessThan(1e-4);
  });
});
