/** What is planned for ONNX Runtime against the heap that its wasm module then has. */
import { expect, it } from 'vitest';
import { lengthsOf } from '../bench/lengths';
import { robertaBase } from '../scripts/methods-table';
import { methodById } from '../src/adapters/registry';
import { collate } from '../src/data/collate';
import { planBuffers } from '../src/graph/liveness';
import { defaultHead } from '../src/heads/classification';
import { type Executor, frozenLeaves } from '../src/runtime/executor';
import { heapProblem, planHeap } from '../src/runtime/heap-plan';
import { toExecutorBatch } from '../src/train/batch';
import { buildTraining } from '../src/train/programs';
import { recomputingLayers } from '../src/train/recompute';
import { memories } from './wasm-memories';

// After the memories are watched.
const ort = await import('onnxruntime-web');
const { OnnxExecutor } = await import('../src/runtime/onnx/executor');
const { ortOf } = await import('../src/runtime/onnx/ort');

const model = {
  ...robertaBase,
  hiddenSize: 256,
  numHiddenLayers: 3,
  numAttentionHeads: 4,
  intermediateSize: 1024,
};

/** Three times as long as Rotten Tomatoes' rows, which are not of one length. */
const uneven = lengthsOf(12, 'rotten tomatoes').map((length) => 3 * length);

function run(method: string, lengths: readonly number[]) {
  const { id, defaultConfig } = methodById(method);
  const built = buildTraining({
    model,
    method: methodById(id),
    methodConfig: defaultConfig,
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: true,
  });
  const { programs } = built;
  const sizes = new Map(
    frozenLeaves(programs).map(({ name, shape }) => [name, Number(shape.rows) * shape.cols]),
  );
  const tables = {
    words: new Float32Array(100 * model.hiddenSize),
    positions: new Float32Array(514 * model.hiddenSize),
    tokenTypes: new Float32Array(model.hiddenSize),
  };
  const ids = lengths.map((length) => new Uint32Array(length).fill(5));
  const batch = toExecutorBatch(
    collate(ids, new Uint32Array(lengths.length), { mode: 'ragged' }),
    tables,
    model,
    built.batchForm,
  );
  const frozen = {
    storage: () => 'f32' as const,
    elements: (name: string) => sizes.get(name),
    read: async (name: string) => new Float32Array(sizes.get(name)!).fill(0.01),
  };
  return { batch, built, options: { programs, frozen, largest: batch } };
}

it('is no less than what a step and an evaluation need, and no more than twice that', async () => {
  const { batch, options } = run('lora', uneven);
  const executor: Executor = new OnnxExecutor(ortOf(ort, 1));
  const session = await executor.open(options);
  const settings = {
    ...{
      step: 1,
      learningRate: 1e-3,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: 1,
    },
    ...({ accumulation: 'mean', seed: 1, microStep: 0 } as const),
  };
  await session.trainStep([batch], settings);
  await session.evaluate(batch);
  expect(memories).toHaveLength(1);
  const measured = Math.max(...memories.map(({ buffer }) => buffer.byteLength));
  const { heapBytes } = planHeap(options);
  console.log(`heap ${(measured / 1e6).toFixed(0)} MB, planned ${(heapBytes / 1e6).toFixed(0)} MB`);
  expect(heapBytes).toBeGreaterThan(measured);
  expect(heapBytes).toBeLessThan(2 * measured);
  session.dispose();
});

it('is the same where layers are computed again: equal operators are merged, so their values are kept', () => {
  const { built, options } = run('lora', uneven);
  const { programs } = recomputingLayers(built);
  expect(planBuffers(programs.train, options.largest).sizes).not.toEqual(
    planBuffers(options.programs.train, options.largest).sizes,
  );
  expect(planHeap({ ...options, programs })).toEqual(planHeap(options));
});

it('refuses what does not fit with its figures, before a weight is read', async () => {
  const { options } = run('lora', [8]);
  const largest = { tokens: 1024 * 512, sequences: 1024 };
  const read = async () => {
    throw new Error('a weight was read');
  };
  const opening = new OnnxExecutor(ortOf(ort, 1)).open({
    ...options,
    largest,
    frozen: { ...options.frozen, read },
  });
  await expect(opening).rejects.toMatchObject({
    code: 'out-of-memory',
    message: expect.stringMatching(
      /needs \d+ MiB of memory, \d+ MiB of it in ONNX Runtime, which can hold 4096 MiB/,
    ),
  });
  expect(heapProblem(planHeap(options), { bufferBytes: 0, totalBytes: 4 * 2 ** 30 })).toBeNull();
});
