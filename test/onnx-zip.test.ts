/**
 * The zip of an exported model, away from the studio: in Python by what its own README.md says, in Node by the published
 * `@huggingface/transformers`. The second installs 250 MB and is by request:
 * `LONG=1 npx vitest run --project unit test/onnx-zip.test.ts`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { loadTokenizer } from '../src/data/tokenizer';
import type { AdapterBundle } from '../src/formats/bundle';
import { onnxBytes } from '../src/formats/onnx/size';
import { readZip } from '../src/formats/zip';
import type { LoadedBaseModel } from '../src/host/base-models';
import { OnnxExports } from '../src/host/onnx-exports';
import type { AdapterRecord } from '../src/protocol/records';
import { drawnAdapter, logitsOf } from './drawn-adapters';
import { loadBaseModel } from './golden/base-model';
import { findPythonWithOnnx, runPython } from './python';

const python = findPythonWithOnnx();
const repository = fileURLToPath(new URL('..', import.meta.url));
const tiny = join(repository, 'public/models/roberta-tiny');
const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const maxLength = 12;
const texts = [
  'A fine film, and a short one.',
  'Dull.',
  'Ünïcode, emoji 👍 and   spaces\tare read as they are; what lies beyond the twelfth token is not.',
];

const bytesOf = (name: string) => new Uint8Array(readFileSync(join(tiny, name)));
const json = (name: string) => JSON.parse(readFileSync(join(tiny, name), 'utf8')) as Record<string, unknown>;

let expected: number[][];
let sizes: ReadonlyMap<string, number>;
let trained: number;

beforeAll(async () => {
  const base = await loadBaseModel(
    { bytes: async (path) => bytesOf(path.split('/').at(-1)!) },
    'roberta-tiny',
  );
  const bundle: AdapterBundle = await drawnAdapter(base, 'lora');
  const tokenizer = loadTokenizer(json('tokenizer.json'), json('tokenizer_config.json'));
  const ids = texts.map((text) => [...tokenizer.encode(text, maxLength)]);
  const longest = Math.max(...ids.map((row) => row.length));
  const padded = ids.map((row) => [...row, ...new Array<number>(longest - row.length).fill(1)]);
  const logits = [...(await logitsOf(base, bundle, padded))];
  expected = texts.map((_, i) => logits.slice(2 * i, 2 * i + 2));

  const encode = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
  const exports = new OnnxExports(
    {
      companions: async (_, length) => ({
        config: json('config.json'),
        tokenizer: new Map([
          ['tokenizer.json', bytesOf('tokenizer.json')],
          ['tokenizer_config.json', encode({ ...json('tokenizer_config.json'), model_max_length: length })],
        ]),
      }),
    },
    undefined,
  );
  const identity = { name: 'roberta-tiny', revision: null, fingerprint: 'of-weights' };
  const stored = { id: 'roberta-tiny', identity, storage: 'checkpoint' } as const;
  const loaded: LoadedBaseModel = { ...base, ...stored, tokenizer };
  const record = { bundle, name: 'lora', maxLength, baseStorage: 'checkpoint' } as AdapterRecord;
  const { bytes } = await exports.download(record, null, loaded, ['f32', 'f16', 'int8']);
  const files = readZip(bytes, 'lora-onnx.zip');
  sizes = new Map([...files].map(([name, content]) => [name, content.byteLength]));
  trained = [...bundle.tensors.values(), ...bundle.headTensors.values()].reduce(
    (sum, { data }) => sum + data.length,
    0,
  );
  for (const [name, content] of files) {
    mkdirSync(dirname(join(folder, 'model', name)), { recursive: true });
    writeFileSync(join(folder, 'model', name), content);
  }
}, 120_000);

const largestDifference = (logits: readonly (readonly number[])[]) =>
  Math.max(...logits.flatMap((row, i) => row.map((value, j) => Math.abs(value - expected[i]![j]!))));

it('weighs what the page says before, to three percent', () => {
  for (const [precision, file] of [
    ['f32', 'onnx/model.onnx'],
    ['f16', 'onnx/model_fp16.onnx'],
    ['int8', 'onnx/model_quantized.onnx'],
  ] as const)
    expect(Math.abs(sizes.get(file)! / onnxBytes(precision, 1_486_720, trained) - 1), file).toBeLessThan(
      0.03,
    );
});

it('says which labels there are, and how long texts may be', () => {
  const read = (name: string) => JSON.parse(readFileSync(join(folder, 'model', name), 'utf8'));
  expect(read('config.json')).toMatchObject({
    architectures: ['RobertaForSequenceClassification'],
    id2label: { 0: '👎', 1: '👍' },
    problem_type: 'single_label_classification',
    'transformers.js_config': { dtype: 'q8' },
  });
  expect(read('tokenizer_config.json').model_max_length).toBe(maxLength);
});

it.skipIf(!python)('gives the adapter’s logits in Python, by its own README.md', () => {
  const { logits, file } = runPython<{ logits: number[][]; file: string }>(python!, 'run_onnx_card.py', {
    folder: join(folder, 'model'),
    texts,
  });
  expect(file).toMatch(/\/onnx\/model\.onnx$/);
  expect(largestDifference(logits)).toBeLessThan(1e-4);
});

describe.skipIf(!process.env.LONG)('in Node', () => {
  const node = join(folder, 'node');
  const run = (dtype: string): number => {
    const [input, output] = [join(folder, 'texts.json'), join(folder, `${dtype}.json`)];
    writeFileSync(input, JSON.stringify(texts));
    const script = join(repository, 'interop/run_onnx_node.mjs');
    execFileSync('node', [script, join(folder, 'model'), dtype, input, output], {
      cwd: node,
      stdio: 'inherit',
    });
    const { logits, scores } = JSON.parse(readFileSync(output, 'utf8'));
    expect(scores[0].map(({ label }: { label: string }) => label).sort()).toEqual(['👍', '👎']);
    return largestDifference(logits);
  };

  beforeAll(() => {
    const version = packageJson.dependencies['@xenova/transformers'].split('@').at(-1);
    mkdirSync(node);
    writeFileSync(join(node, 'package.json'), '{ "private": true }');
    const install = [
      'install',
      '--ignore-scripts',
      '--no-audit',
      '--no-fund',
      `@huggingface/transformers@${version}`,
    ];
    execFileSync('npm', install, { cwd: node, stdio: 'inherit' });
  }, 300_000);

  it('gives the adapter’s logits with transformers.js, to what each precision keeps', () => {
    const differences = ['fp32', 'fp16', 'q8'].map(run);
    console.log('onnx in Node:', differences);
    expect(differences[0]).toBeLessThan(1e-4);
    expect(differences[1]).toBeLessThan(1e-2);
    expect(differences[2]).toBeLessThan(0.3);
  }, 120_000);
});
