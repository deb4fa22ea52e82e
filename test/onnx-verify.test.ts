/**
 * What Verify says of exported files: nothing but the truth of right ones, and of a wrong one that it is wrong. A classifier of
 * the test's own stands for the worker, with onnxruntime-web on the bytes that it is given; `e2e/onnx.spec.ts` has the real one.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it } from 'vitest';
import { parseTable } from '../src/data/csv/table';
import type { Dataset, Split } from '../src/data/dataset';
import { textsOf } from '../src/data/texts';
import { type AdapterBundle, taskOf } from '../src/formats/bundle';
import type { Precision } from '../src/formats/onnx/precision';
import type { ClassifierScript } from '../src/host/adapters/onnx-exports';
import type { ClassifierAnswer, ClassifierRequest } from '../src/protocol/classifier';
import { drawnAdapter, drawnComposition } from './drawn-adapters';
import { oneNumber, onnxDownloads, severalLabels } from './onnx-downloads';

const maxLength = 16;
const reviews = join(import.meta.dirname, '../public/datasets/rotten_tomatoes/validation.csv');
const texts = parseTable(readFileSync(reviews, 'utf8'), 'validation.csv')
  .rows.slice(0, 12)
  .map(([text]) => text!);

/** What is done to a model's bytes before they are run; null for nothing. */
let spoil: ((model: Buffer) => void) | null = null;
/** Happens in the place of an answer; null where there are answers. */
let insteadOfAnswer: (() => void) | null = null;
let terminated = 0;
let idsOf: (texts: readonly string[]) => number[][];

class TestClassifier {
  onmessage: ((event: MessageEvent<ClassifierAnswer>) => void) | null = null;
  onerror = null;
  #session: ort.InferenceSession | null = null;

  postMessage(request: ClassifierRequest, transfer: Transferable[] = []): void {
    if (insteadOfAnswer) {
      insteadOfAnswer();
      return;
    }
    const given = structuredClone(request, { transfer });
    void this.#answer(given)
      .catch((error): ClassifierAnswer => ({ type: 'failed', message: String(error) }))
      .then((data) => this.onmessage!({ data } as MessageEvent<ClassifierAnswer>));
  }

  terminate(): void {
    terminated += 1;
  }

  async #answer(request: ClassifierRequest): Promise<ClassifierAnswer> {
    if (request.type === 'open') {
      const [model] = [...request.files!]
        .filter(([name]) => name.endsWith('.onnx'))
        .map(([, bytes]) => bytes);
      spoil?.(Buffer.from(model!.buffer, model!.byteOffset, model!.byteLength));
      this.#session = await ort.InferenceSession.create(model!);
      return { type: 'ready', problemType: null };
    }
    const ids = idsOf(request.texts);
    const tensor = (of: (id: number) => number) =>
      new ort.Tensor('int64', BigInt64Array.from(ids.flat().map(of), BigInt), [ids.length, ids[0]!.length]);
    const { logits } = await this.#session!.run({
      input_ids: tensor((id) => id),
      attention_mask: tensor((id) => Number(id !== 1)),
    });
    const [rows, width] = logits!.dims as readonly [number, number];
    const values = [...(logits!.data as Float32Array)];
    const own = Array.from({ length: rows }, (_, i) => values.slice(i * width, (i + 1) * width));
    return { type: 'classified', texts: own.map((row) => ({ scores: [], logits: row })), milliseconds: 1 };
  }
}

const script: ClassifierScript = {
  script: '',
  companions: [],
  licences: '',
  start: () => new TestClassifier(),
};

let downloads: Awaited<ReturnType<typeof onnxDownloads>>;
beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  downloads = await onnxDownloads(maxLength, script);
  ({ idsOf } = downloads);
  balanced = await balance(await drawnAdapter(downloads.base, 'lora'));
}, 60_000);

/** LoRA under a head of two classes, of which it gives each to half of the texts. */
let balanced: AdapterBundle;

const known = new WeakMap<AdapterBundle, Promise<number[][]>>();

/** The reference executor takes seconds. */
function logitsOf(bundle: AdapterBundle): Promise<number[][]> {
  const computed = known.get(bundle) ?? downloads.logits(bundle, texts);
  known.set(bundle, computed);
  return computed;
}

async function balance(bundle: AdapterBundle): Promise<AdapterBundle> {
  const margins = (await logitsOf(bundle)).map(([no, yes]) => yes! - no!).sort((a, b) => a - b);
  const middle = margins.length / 2;
  const shift = (margins[middle - 1]! + margins[middle]!) / 2;
  const bias = 'heads.main.4.bias';
  const headTensors = new Map([
    ...bundle.headTensors,
    [
      bias,
      {
        shape: [2],
        data: Float32Array.of(shift, 0).map((add, i) => bundle.headTensors.get(bias)!.data[i]! + add),
      },
    ],
  ]);
  return { ...bundle, headTensors };
}

/** Labels and numbers are what the trainer itself says, so that the figures of a right file are perfect. */
async function verify(bundle: AdapterBundle, precisions: readonly Precision[]) {
  const { exports, loaded, recordOf } = downloads;
  const own = await logitsOf(bundle);
  const task = taskOf(bundle.head);
  const labels =
    task === 'classification'
      ? Uint32Array.from(own, (row) => row.indexOf(Math.max(...row)))
      : Float32Array.from(own.flat(), (value) => (task === 'regression' ? value : Number(value >= 0)));
  const split: Split = { texts: textsOf(texts), labels };
  const dataset = { splits: { train: split, validation: split } } as Dataset;
  const evaluation = { logits: Float32Array.from(own.flat()), rows: texts.length };
  const inference = {
    evaluateRows: async () => ({ evaluation, labels, ids: [], identity: loaded.identity }) as never,
  };
  const told: number[] = [];
  const onProgress = ({ doneRows }: { readonly doneRows: number }) => told.push(doneRows);
  const load = async () => ({ adapter: recordOf(bundle), base: loaded, dataset });
  const done = exports.verify(bundle.name, precisions, { load, inference, onProgress });
  return { done: await done, told, kinds: new Set(labels).size };
}

describe('of right files', () => {
  it('the difference is that of rounding, and every row has the same answer', async () => {
    const { done, told, kinds } = await verify(balanced, ['f32', 'f16', 'int8']);
    expect(kinds).toBe(2);
    expect(done.map(({ precision }) => precision)).toEqual(['f32', 'f16', 'int8']);
    const [f32, f16, int8] = done;
    expect(f32).toMatchObject({ rows: texts.length, agreement: 1, metrics: { accuracy: 1 } });
    expect(f32!.largestDifference).toBeLessThan(1e-4);
    expect(f16!.largestDifference).toBeGreaterThan(f32!.largestDifference);
    expect(int8!.largestDifference).toBeGreaterThan(f16!.largestDifference);
    expect(told).toEqual([0, 0, 0]);
  });

  it('of several labels and of a number, with their own figures', async () => {
    const labels = await verify(await drawnAdapter(downloads.base, 'lora', 'main', severalLabels), ['f32']);
    expect(labels.kinds).toBe(2);
    expect(labels.done[0]).toMatchObject({ agreement: 1, metrics: { microF1: 1, exactMatch: 1 } });
    const number = await verify(await drawnAdapter(downloads.base, 'seq_bn', 'main', oneNumber), ['f32']);
    expect(number.done[0]!.agreement).toBeNull();
    expect(number.done[0]!.metrics.mae).toBeLessThan(1e-4);
  });

  it.each(['Stack', 'Fuse'] as const)('of a composition: %s', async (type) => {
    const { done } = await verify(await drawnComposition(downloads.base, type), ['f32']);
    expect(done[0]!.agreement).toBe(1);
    expect(done[0]!.largestDifference).toBeLessThan(1e-4);
  });
});

/** Negates the numbers of a tensor where the file has them. */
const negated = (values: Float32Array) => (model: Buffer) => {
  const at = model.indexOf(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
  expect(at).toBeGreaterThan(0);
  // Signs are the highest bits, and numbers little-endian.
  for (let i = 0; i < values.length; i++) model[at + 4 * i + 3]! ^= 0x80;
};

it.each(['heads.main.4.weight', 'roberta.encoder.layer.1.output.dense.weight'])(
  'of a file with a wrong tensor it shows the difference, and answers that differ: %s',
  async (name) => {
    spoil = negated(balanced.headTensors.get(name)?.data ?? downloads.base.tensors.get(name)!);
    const { done } = await verify(balanced, ['f32']).finally(() => {
      spoil = null;
    });
    console.log(`verify, ${name} negated:`, done[0]);
    expect(done[0]!.largestDifference).toBeGreaterThan(0.1);
    expect(done[0]!.agreement).toBeLessThan(0.9);
    expect(done[0]!.metrics.accuracy).toBe(done[0]!.agreement);
  },
);

it('ends where it is cancelled, and its worker with it', async () => {
  insteadOfAnswer = () => downloads.exports.cancelVerify(balanced.name);
  terminated = 0;
  await expect(verify(balanced, ['f32', 'int8'])).rejects.toMatchObject({ code: 'verify-cancelled' });
  insteadOfAnswer = null;
  expect(terminated).toBe(1);
  const { done } = await verify(balanced, ['f32']);
  expect(done[0]!.agreement).toBe(1);
});
