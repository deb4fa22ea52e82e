/**
 * Every adapter that the studio can have, as an exported ONNX model: it computes what the adapter does, in onnxruntime-web and,
 * where there is a Python for it, in `onnxruntime` after `onnx.checker` has seen it.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adapterMethods } from '../src/adapters/registry';
import {
  type ExportedModel,
  familyModels,
  headModels,
  modelBytes,
  oddTexts,
  recordedModels,
  registeredModels,
} from './exported-models';
import { findPythonWithOnnx, runPython } from './python';

const python = findPythonWithOnnx();
const tolerance = 1e-4;
const folder = mkdtempSync(join(tmpdir(), 'adapter-studio-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface OnnxResult {
  readonly max_abs_diff: number | null;
  readonly inputs: readonly string[];
  readonly opset: number | null;
  readonly error: string | null;
}

let models: readonly ExportedModel[];
const bytes = new Map<string, Uint8Array<ArrayBuffer>>();

beforeAll(async () => {
  ort.env.wasm.numThreads = 1;
  const kinds = [registeredModels(), headModels(), recordedModels(), familyModels(), oddTexts()];
  models = (await Promise.all(kinds)).flat();
  for (const model of models) bytes.set(model.name, await modelBytes(model));
}, 300_000);

async function webDifference(
  { name, input_ids, attention_mask, logits }: ExportedModel,
  model: Uint8Array,
): Promise<number> {
  const session = await ort.InferenceSession.create(model);
  const dims = [input_ids.length, input_ids[0]!.length];
  const tensor = (rows: readonly (readonly number[])[]) =>
    new ort.Tensor('int64', BigInt64Array.from(rows.flat().map(BigInt)), dims);
  const feeds: Record<string, ort.Tensor> = {
    input_ids: tensor(input_ids),
    attention_mask: tensor(attention_mask),
  };
  if (session.inputNames.includes('token_type_ids'))
    feeds.token_type_ids = tensor(input_ids.map((row) => row.map(() => 0)));
  const { logits: output } = await session.run(feeds);
  await session.release();
  const got = output!.data as Float32Array;
  expect(got.length, name).toBe(logits.length);
  return Math.max(...got.map((value, i) => Math.abs(value - logits[i]!)));
}

describe('exported models', () => {
  it('are there for every method, head, composition and family', () => {
    const names = [...bytes.keys()].join('\n');
    for (const { id } of adapterMethods) expect(names).toContain(`registered ${id}\n`);
    expect(names).toMatch(/recorded .*fus/i);
    expect(names).toMatch(/recorded .*stack/i);
  });

  it('compute the adapter’s logits in onnxruntime-web', async () => {
    const wrong: string[] = [];
    for (const model of models) {
      const difference = await webDifference(model, bytes.get(model.name)!).catch(
        (error: Error) => error.message,
      );
      if (!(typeof difference === 'number' && difference <= tolerance))
        wrong.push(`${model.name}: ${difference}`);
    }
    expect(wrong).toEqual([]);
  });

  // Recorded: 6.1e-4 and 2.4e-2 were the largest of any method.
  it.each([
    ['f16', 2e-3],
    ['int8', 0.05],
  ] as const)('in %s stay within their recorded limit for every method', async (precision, limit) => {
    const differences = new Map<string, number>();
    for (const model of models.filter(({ name }) => name.startsWith('registered ')))
      differences.set(model.name, await webDifference(model, await modelBytes(model, precision)));
    const largest = Math.max(...differences.values());
    console.log(`onnx ${precision}: largest difference of logits ${largest.toExponential(2)}`);
    expect([...differences].filter(([, difference]) => difference > limit)).toEqual([]);
    // They are other numbers than those of 32 bits.
    expect(Math.min(...differences.values())).toBeGreaterThan(1e-7);
  });

  it.skipIf(!python)('pass onnx.checker and compute the same in Python', () => {
    const jobs = models.map(({ name, input_ids, attention_mask, logits }, i) => {
      const [model, expected] = [join(folder, `${i}.onnx`), join(folder, `${i}.json`)];
      writeFileSync(model, bytes.get(name)!);
      writeFileSync(expected, JSON.stringify({ input_ids, attention_mask, logits: [...logits] }));
      return { model, expected };
    });
    const results = runPython<readonly OnnxResult[]>(python!, 'check_onnx.py', jobs);
    const wrong = results.flatMap((result, i) =>
      result.error === null && result.max_abs_diff! <= tolerance
        ? []
        : [{ name: models[i]!.name, ...result }],
    );
    const largest = Math.max(...results.map(({ max_abs_diff }) => max_abs_diff ?? Number.POSITIVE_INFINITY));
    console.log(`onnx: ${results.length} models, largest difference of logits ${largest.toExponential(2)}`);
    expect(wrong).toEqual([]);
    const withTypes = results.flatMap(({ inputs }, i) =>
      inputs.includes('token_type_ids') ? [models[i]!.bundle.base.modelType] : [],
    );
    expect([...new Set(withTypes)]).toEqual(['bert']);
  });
});
