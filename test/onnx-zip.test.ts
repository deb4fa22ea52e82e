/**
 * The zip of exported models of every task, and of compositions, away from the studio: in Python by what its own README.md says, in
 * Node by the published `@huggingface/transformers`, by the README.md too. The second installs 250 MB and is by request:
 * `LONG=1 npx vitest run --project unit test/onnx-zip.test.ts`.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import packageJson from '../package.json' with { type: 'json' };
import { type AdapterBundle, taskOf } from '../src/formats/bundle';
import { onnxBytes } from '../src/formats/onnx/size';
import { drawnAdapter, drawnComposition } from './drawn-adapters';
import { oneNumber, onnxDownloads, severalLabels } from './onnx-downloads';
import { findPythonWithOnnx, runPython } from './python';

const python = findPythonWithOnnx();
const repository = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const maxLength = 12;
const texts = [
  'A fine film, and a short one.',
  'Dull.',
  'Ünïcode, emoji 👍 and   spaces\tare read as they are; what lies beyond the twelfth token is not.',
];
/** What the snippets of the README.md classify. */
const itsText = 'A text to classify.';

interface Zip {
  readonly bundle: AdapterBundle;
  readonly folder: string;
  readonly sizes: ReadonlyMap<string, number>;
  /** The reference executor's, [texts, labels]. */
  readonly expected: readonly (readonly number[])[];
  readonly expectedOfIts: readonly number[];
}

const zips = new Map<string, Zip>();
const all = ['classes', 'labels', 'number', 'stack', 'fusion'] as const;

beforeAll(async () => {
  const { base, unpack, logits } = await onnxDownloads(maxLength);
  const bundles: Readonly<Record<(typeof all)[number], AdapterBundle>> = {
    classes: await drawnAdapter(base, 'lora'),
    labels: await drawnAdapter(base, 'lora', 'main', severalLabels),
    number: await drawnAdapter(base, 'seq_bn', 'main', oneNumber),
    stack: await drawnComposition(base, 'Stack'),
    fusion: await drawnComposition(base, 'Fuse'),
  };
  for (const name of all) {
    const bundle = bundles[name];
    const own = join(folder, name);
    zips.set(name, {
      bundle,
      folder: own,
      sizes: await unpack(bundle, name === 'classes' ? ['f32', 'f16', 'int8'] : ['f32'], own),
      expected: await logits(bundle, texts),
      expectedOfIts: (await logits(bundle, [itsText]))[0]!,
    });
  }
}, 120_000);

const largestDifference = (
  logits: readonly (readonly number[])[],
  expected: readonly (readonly number[])[],
): number =>
  Math.max(...logits.flatMap((row, i) => row.map((value, j) => Math.abs(value - expected[i]![j]!))));

const readJson = (name: string, file: string) =>
  JSON.parse(readFileSync(join(folder, name, file), 'utf8')) as Record<string, unknown>;

/** The labels that logits give: one class, any of several, none of a number. */
function given({ head }: AdapterBundle, logits: readonly number[]): readonly string[] {
  if (taskOf(head) === 'multilabel') return head.labels.filter((_, i) => logits[i]! >= 0);
  return [head.labels[logits.indexOf(Math.max(...logits))]!];
}

it('weighs what the page says before, to three percent', () => {
  const { bundle, sizes } = zips.get('classes')!;
  const trained = [...bundle.tensors.values(), ...bundle.headTensors.values()].reduce(
    (sum, { data }) => sum + data.length,
    0,
  );
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
  expect(readJson('classes', 'config.json')).toMatchObject({
    architectures: ['RobertaForSequenceClassification'],
    id2label: { 0: '👎', 1: '👍' },
    problem_type: 'single_label_classification',
    'transformers.js_config': { dtype: 'q8' },
  });
  expect(readJson('labels', 'config.json')).toMatchObject({
    id2label: { 0: 'money', 1: 'sport', 2: 'weather' },
    label2id: { money: 0, sport: 1, weather: 2 },
    problem_type: 'multi_label_classification',
    'transformers.js_config': { dtype: 'fp32' },
  });
  expect(readJson('number', 'config.json')).toMatchObject({
    id2label: { 0: 'stars' },
    problem_type: 'regression',
  });
  for (const name of all) expect(readJson(name, 'tokenizer_config.json').model_max_length).toBe(maxLength);
});

it.skipIf(!python)('gives the adapter’s logits in Python, by its own README.md', () => {
  const results = runPython<readonly { logits: number[][]; printed: string; file: string }[]>(
    python!,
    'run_onnx_card.py',
    all.map((name) => ({ folder: join(folder, name), texts })),
  );
  all.forEach((name, i) => {
    const { logits, printed, file } = results[i]!;
    const { bundle, expected } = zips.get(name)!;
    expect(file, name).toMatch(/\/onnx\/model\.onnx$/);
    expect(largestDifference(logits, expected), name).toBeLessThan(1e-4);
    if (name === 'number') {
      const numbers = [...printed.matchAll(/-?\d+\.\d*(?:e-?\d+)?/g)].map(([number]) => [Number(number)]);
      expect(numbers).toHaveLength(texts.length);
      expect(largestDifference(numbers, expected)).toBeLessThan(1e-4);
      return;
    }
    const answers = expected.map((row) => given(bundle, row));
    const list = (names: readonly string[]) => `[${names.map((label) => `'${label}'`).join(', ')}]`;
    expect(printed.trim(), name).toBe(
      name === 'labels' ? `[${answers.map(list).join(', ')}]` : list(answers.flat()),
    );
  });
});

describe.skipIf(!process.env.LONG)('in Node', () => {
  const node = join(folder, 'node');
  const run = (name: string, dtype: string): number => {
    const [input, output] = [join(folder, 'texts.json'), join(folder, `${name}-${dtype}.json`)];
    const { bundle, expected } = zips.get(name)!;
    writeFileSync(input, JSON.stringify(texts));
    const script = join(repository, 'interop/run_onnx_node.mjs');
    execFileSync('node', [script, join(folder, name), dtype, input, output], { cwd: node, stdio: 'inherit' });
    const { logits, scores } = JSON.parse(readFileSync(output, 'utf8'));
    expect(scores[0].map(({ label }: { label: string }) => label).sort()).toEqual(
      [...bundle.head.labels].sort(),
    );
    return largestDifference(logits, expected);
  };

  /** What the README.md's own code prints, with the folder it names put in its place. */
  const runCard = (name: string): unknown => {
    const card = readFileSync(join(folder, name, 'README.md'), 'utf8');
    const code = /```js\n(.*?)```/s
      .exec(card)![1]!
      .replace('FOLDER_ABOVE', folder)
      .replaceAll('FOLDER_OF_THESE_FILES', name);
    writeFileSync(join(node, `${name}.mjs`), code);
    const printed = execFileSync('node', [`${name}.mjs`], { cwd: node, encoding: 'utf8' });
    // As Node prints plain values: an expression.
    return new Function(`return ${printed}`)();
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
    const differences = ['fp32', 'fp16', 'q8'].map((dtype) => run('classes', dtype));
    console.log('onnx in Node:', differences);
    expect(differences[0]).toBeLessThan(1e-4);
    expect(differences[1]).toBeLessThan(1e-2);
    expect(differences[2]).toBeLessThan(0.3);
  }, 120_000);

  it.each(['labels', 'number', 'stack', 'fusion'] as const)('gives those of: %s', (name) => {
    expect(run(name, 'fp32')).toBeLessThan(1e-4);
  });

  it.each(all)('says by its own README.md what the adapter says: %s', (name) => {
    const { bundle, expectedOfIts } = zips.get(name)!;
    const printed = runCard(name);
    if (name === 'number') {
      expect(largestDifference(printed as number[][], [expectedOfIts])).toBeLessThan(1e-4);
      return;
    }
    const scores = printed as readonly { readonly label: string; readonly score: number }[];
    const answer = name === 'labels' ? scores : scores.slice(0, 1);
    expect(answer.map(({ label }) => label).sort()).toEqual([...given(bundle, expectedOfIts)].sort());
  });
});
