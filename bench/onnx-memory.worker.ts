/** Steps and an evaluation of the ONNX executor on a base model of given sizes and made-up weights, in a worker of its own. */
import { robertaBase } from '../scripts/methods-table';
import { lora } from '../src/adapters/methods/lora';
import { collate } from '../src/data/collate';
import { toErrorReport } from '../src/errors';
import type { FrozenTensors } from '../src/graph/frozen';
import { defaultHead } from '../src/heads/classification';
import { frozenLeaves } from '../src/runtime/executor';
import { planHeap } from '../src/runtime/heap-plan';
import { OnnxExecutor } from '../src/runtime/onnx/executor';
import { loadOrt } from '../src/runtime/onnx/load-ort';
import { toExecutorBatch } from '../src/train/batch';
import { buildTraining } from '../src/train/programs';
import { stepSettings } from './workload';

declare const self: DedicatedWorkerGlobalScope;

export interface MemoryMessage {
  readonly sizes: {
    readonly hiddenSize: number;
    readonly numHiddenLayers: number;
    readonly intermediateSize: number;
  };
  readonly sequences: number;
  readonly length: number;
  readonly threads: number;
}

/** Bytes. */
export interface MemoryAnswer {
  /** Frozen weights in float32. */
  readonly weights: number;
  /** Of the executor's tensors. */
  readonly held: number;
  readonly planned: number;
}

async function train({ sizes, sequences, length, threads }: MemoryMessage): Promise<MemoryAnswer> {
  // The embedding tables have no part in it: their rows are gathered before.
  const model = { ...robertaBase, ...sizes, vocabSize: 100 };
  const { programs, batchForm } = buildTraining({
    model,
    method: lora,
    methodConfig: lora.defaultConfig,
    adapterName: 'bench',
    head: defaultHead('bench', 2),
    dropout: true,
  });
  const floats = new Map(
    frozenLeaves(programs).map(({ name, shape }) => [name, Number(shape.rows) * shape.cols]),
  );
  const frozen: FrozenTensors = {
    storage: () => 'f32',
    elements: (name) => floats.get(name),
    read: async (name) =>
      Float32Array.from({ length: floats.get(name)! }, (_, i) => 0.03 * Math.sin(1 + i * i)),
  };
  const rows = Array.from({ length: sequences }, () => new Uint32Array(length).fill(5));
  const tables = {
    words: new Float32Array(model.vocabSize * model.hiddenSize),
    positions: new Float32Array(model.maxPositionEmbeddings * model.hiddenSize),
    tokenTypes: new Float32Array(model.hiddenSize),
  };
  const batch = toExecutorBatch(
    collate(rows, new Uint32Array(sequences), { mode: 'ragged' }),
    tables,
    model,
    batchForm,
  );
  const executor = new OnnxExecutor(await loadOrt(threads));
  const base = executor.hold(frozen);
  const session = await executor.open({
    programs,
    frozen: { ...frozen, elements: () => undefined },
    base,
    largest: batch,
  });
  for (const step of [1, 2]) await session.trainStep([batch], stepSettings(step));
  await session.evaluate(batch);
  return {
    weights: 4 * [...floats.values()].reduce((sum, count) => sum + count, 0),
    held: base.allocatedBytes,
    planned: planHeap({ programs, largest: batch }).totalBytes,
  };
}

self.addEventListener('message', async ({ data }: MessageEvent<MemoryMessage>) => {
  self.postMessage(await train(data).catch(toErrorReport));
});
