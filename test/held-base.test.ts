/** A base model's weights under several sessions, on every executor: read once, counted, gone with their last user. */
import * as ort from 'onnxruntime-web';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { methodById } from '../src/adapters/registry';
import type { FrozenTensors } from '../src/graph/frozen';
import { packParameters } from '../src/graph/parameters';
import { defaultHead } from '../src/heads/classification';
import { storedAs } from '../src/models/base-weights';
import type { Executor, Session, SessionOptions } from '../src/runtime/executor';
import { planMemory } from '../src/runtime/memory-plan';
import { OnnxExecutor } from '../src/runtime/onnx/executor';
import { ortOf } from '../src/runtime/onnx/ort';
import { referenceExecutor } from '../src/runtime/reference/reference';
import { WebGpuExecutor } from '../src/runtime/webgpu/executor';
import type { HeldBuffers } from '../src/runtime/webgpu/held-buffers';
import { initialize } from '../src/train/initialize';
import { buildTraining } from '../src/train/programs';
import { fakeGpu, gpuConstants } from './fake-gpu';
import { loadBaseModel } from './golden/base-model';
import { diskSource } from './golden/disk-source';
import { loadMethodCase } from './golden/method-case';
import { withTensors } from './with-tensors';

const base = await loadBaseModel(diskSource, 'models/tiny-a');
const { batches } = await loadMethodCase(diskSource, 'lora_default');
const [batch] = batches;
const onnx = new OnnxExecutor(ortOf(ort as never, 1));

beforeAll(() => {
  for (const [name, value] of Object.entries(gpuConstants)) vi.stubGlobal(name, value);
});

/** What a session on an adapter of this method needs beside the base model. */
async function adapterOf(id: string) {
  const method = methodById(id);
  const { programs, trainable, frozen } = buildTraining({
    model: base.config,
    method,
    methodConfig: method.defaultConfig,
    adapterName: 'main',
    head: defaultHead('main', 2),
    dropout: false,
  });
  const drawn = await initialize([...trainable, ...frozen], 3, async (name) => base.tensors.get(name));
  const own = withTensors({ ...base.frozen, elements: () => undefined }, drawn);
  const start = (session: Session) => {
    const zeros = new Float32Array(programs.parameters.totalFloats);
    session.writeState({
      parameters: packParameters(programs.parameters, drawn),
      exponentialAverage: zeros,
      exponentialAverageSquared: zeros,
    });
  };
  return { options: { programs, frozen: own, largest: batch! } satisfies SessionOptions, drawn, start };
}

const lora = await adapterOf('lora');
const bottleneck = await adapterOf('seq_bn');

/** Tells which tensors were read. */
function counting(frozen: FrozenTensors): { readonly source: FrozenTensors; readonly reads: string[] } {
  const reads: string[] = [];
  const read = (name: string) => {
    reads.push(name);
    return frozen.read(name);
  };
  return { source: { ...frozen, read }, reads };
}

const executors: readonly (readonly [string, () => Executor])[] = [
  ['reference', () => referenceExecutor],
  ['webgpu', () => new WebGpuExecutor(fakeGpu().device)],
  ['onnx', () => onnx],
];

describe.each(executors)('%s', (_, make) => {
  it('reads each tensor for the first session that needs it, and for no other', async () => {
    const executor = make();
    const { source, reads } = counting(base.frozen);
    const weights = executor.hold(source);
    expect([reads.length, weights.allocatedBytes]).toEqual([0, 0]);
    const first = await executor.open({ ...lora.options, base: weights });
    expect(reads.length).toBeGreaterThan(10);
    expect(new Set(reads).size).toBe(reads.length);
    first.dispose();
    const [readOnce, heldBytes] = [reads.length, weights.allocatedBytes];
    expect(heldBytes).toBeGreaterThan(0);
    // The same adapter again, and another one at the same time.
    const again = await Promise.all(
      [lora, bottleneck].map(({ options }) => executor.open({ ...options, base: weights })),
    );
    expect([reads.length, weights.allocatedBytes]).toEqual([readOnce, heldBytes]);
    for (const session of again) session.dispose();
    weights.release();
  });

  it('shares what two sessions that open at the same time need', async () => {
    const executor = make();
    const { source, reads } = counting(base.frozen);
    const weights = executor.hold(source);
    const sessions = await Promise.all(
      [lora, bottleneck].map(({ options }) => executor.open({ ...options, base: weights })),
    );
    expect(new Set(reads).size).toBe(reads.length);
    for (const session of sessions) session.dispose();
    weights.release();
  });

  it('counts its users, and goes with the last of them', async () => {
    const executor = make();
    const weights = executor.hold(base.frozen);
    const session = await executor.open({ ...lora.options, base: weights });
    const other = await executor.open({ ...bottleneck.options, base: weights });
    expect(weights.count).toBe(3);
    session.dispose();
    session.dispose();
    expect(weights.count).toBe(2);
    weights.release();
    expect(weights.allocatedBytes).toBeGreaterThan(0);
    other.dispose();
    expect([weights.count, weights.allocatedBytes]).toEqual([0, 0]);
    expect(() => weights.release()).toThrow('once too often');
    await expect(async () => executor.open({ ...lora.options, base: weights })).rejects.toThrow('release');
  });

  it('is given back by a session that does not open, and read again for the next', async () => {
    const executor = make();
    let broken = true;
    const read = async (name: string) => {
      if (broken && name.endsWith('output.LayerNorm.weight')) throw new Error('the disk is gone');
      return base.frozen.read(name);
    };
    const weights = executor.hold({ ...base.frozen, read });
    await expect(executor.open({ ...lora.options, base: weights })).rejects.toThrow('disk');
    expect(weights.count).toBe(1);
    broken = false;
    (await executor.open({ ...lora.options, base: weights })).dispose();
    weights.release();
  });

  it('refuses the weights of another executor', async () => {
    const other = make() === onnx ? referenceExecutor : onnx;
    const weights = other.hold(base.frozen);
    await expect(async () => make().open({ ...lora.options, base: weights })).rejects.toThrow(
      'another executor',
    );
    expect(weights.count).toBe(1);
  });
});

// The device that counts computes nothing; test/session.gpu.test.ts has this for WebGPU.
it.each(executors.filter(([name]) => name !== 'webgpu'))(
  '%s computes from borrowed weights what it computes from its own',
  async (_, make) => {
    const executor = make();
    const weights = executor.hold(base.frozen);
    const { options, drawn, start } = bottleneck;
    const borrowing = await executor.open({ ...options, base: weights });
    const owning = await executor.open({ ...options, frozen: withTensors(base.frozen, drawn) });
    for (const session of [borrowing, owning]) start(session);
    expect(await borrowing.evaluate(batch!)).toEqual(await owning.evaluate(batch!));
    for (const session of [borrowing, owning]) session.dispose();
  },
);

describe('webgpu, on a device that counts', () => {
  it('uploads no frozen byte for the second session, and frees all of them in the end', async () => {
    const { device, counts } = fakeGpu();
    const executor = new WebGpuExecutor(device);
    const weights = executor.hold(base.frozen);
    (await executor.open({ ...lora.options, base: weights })).dispose();
    expect(counts.writtenBytes).toBeGreaterThan(100_000);
    expect(counts.bufferBytes).toBe(weights.allocatedBytes);
    const before = counts.writtenBytes;
    const second = await executor.open({ ...lora.options, base: weights });
    expect(counts.writtenBytes).toBe(before);
    expect(second.allocatedBytes).toBe(counts.bufferBytes);
    second.dispose();
    weights.release();
    expect(counts.bufferBytes).toBe(0);
  });

  it('holds a tensor a second time where a session cannot read its compact storage', async () => {
    const executor = new WebGpuExecutor(fakeGpu().device);
    const weights = executor.hold(storedAs(base.config, base.frozen, 'int8'));
    (await executor.open({ ...lora.options, base: weights })).dispose();
    const compactBytes = weights.allocatedBytes;
    const whole = await adapterOf('dora');
    (await executor.open({ ...whole.options, base: weights })).dispose();
    expect(weights.allocatedBytes).toBeGreaterThan(compactBytes);
    weights.release();
  });

  it('refuses a session that does not fit beside what is held and it does not read', async () => {
    const { device } = fakeGpu();
    const { totalBytes } = planMemory({ ...lora.options, frozen: base.frozen });
    const executor = new WebGpuExecutor({ ...device, memory: { ...device.memory, totalBytes } });
    const weights = executor.hold(base.frozen) as HeldBuffers;
    (await executor.open({ ...lora.options, base: weights })).dispose();
    await weights.take('another', async () => weights.memory.storage('another', 4));
    await expect(executor.open({ ...lora.options, base: weights })).rejects.toMatchObject({
      code: 'out-of-memory',
    });
    expect(weights.count).toBe(1);
  });
});
