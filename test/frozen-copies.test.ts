/**
 * How much of `roberta-mini`'s frozen weights ONNX Runtime and its executor hold, on rows so few that little else is: the bytes of
 * the executor's tensors, and of the heap of the wasm module.
 */
import { expect, it } from 'vitest';
import { robertaBase } from '../scripts/methods-table';
import { lora } from '../src/adapters/methods/lora';
import { collate } from '../src/data/collate';
import type { FrozenTensors } from '../src/graph/frozen';
import { defaultHead } from '../src/heads/classification';
import { frozenLeaves } from '../src/runtime/executor';
import { toExecutorBatch } from '../src/train/batch';
import { buildTraining } from '../src/train/programs';
import { memories } from './wasm-memories';

// After the memories are watched.
const ort = await import('onnxruntime-web');
const { OnnxExecutor } = await import('../src/runtime/onnx/executor');
const { ortOf } = await import('../src/runtime/onnx/ort');

const model = { ...robertaBase, hiddenSize: 384, numHiddenLayers: 6, intermediateSize: 1536, vocabSize: 100 };

const { programs, batchForm } = buildTraining({
  model,
  method: lora,
  methodConfig: lora.defaultConfig,
  adapterName: 'main',
  head: defaultHead('main', 2),
  dropout: true,
});
const sizes = new Map(
  frozenLeaves(programs).map(({ name, shape }) => [name, Number(shape.rows) * shape.cols]),
);
const weightBytes = 4 * [...sizes.values()].reduce((sum, size) => sum + size, 0);
const frozen: FrozenTensors = {
  storage: () => 'f32',
  elements: (name) => sizes.get(name),
  read: async (name) => new Float32Array(sizes.get(name)!).fill(0.01),
};

const ids = Array.from({ length: 2 }, () => new Uint32Array(8).fill(5));
const tables = {
  words: new Float32Array(model.vocabSize * model.hiddenSize),
  positions: new Float32Array(model.maxPositionEmbeddings * model.hiddenSize),
  tokenTypes: new Float32Array(model.hiddenSize),
};
const batch = toExecutorBatch(
  collate(ids, new Uint32Array(ids.length), { mode: 'ragged' }),
  tables,
  model,
  batchForm,
);

const step = {
  ...{ step: 1, learningRate: 1e-3, weightDecay: 0, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
  ...({ maxGradNorm: 1, accumulation: 'mean', seed: 1, microStep: 0 } as const),
};

const heapBytes = () => Math.max(...memories.map(({ buffer }) => buffer.byteLength));

it('holds them once outside of ONNX Runtime and once in it, however many sessions there are', async () => {
  const executor = new OnnxExecutor(ortOf(ort, 1));
  const base = executor.hold(frozen);
  const own = { ...frozen, elements: () => undefined };
  const open = () => executor.open({ programs, frozen: own, base, largest: batch });
  const [first, second] = [await open(), await open()];
  await first.ready();
  const before = heapBytes();
  await first.trainStep([batch], step);
  await first.evaluate(batch);
  await second.evaluate(batch);
  expect(base.allocatedBytes).toBe(weightBytes);
  const mega = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  console.log(`frozen weights ${mega(weightBytes)}, heap ${mega(before)} → ${mega(heapBytes())}`);
  // All else of a step is in it too, and it grows ahead: in all less than half a copy more.
  expect(heapBytes() - before).toBeLessThan(1.5 * weightBytes);
  for (const session of [first, second]) session.dispose();
});
