/** What a step of `roberta-base` with LoRA r=8 on query and value costs: counted from its plan, on a device that counts. */
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { FrozenTensors, Storage } from '../src/graph/frozen';
import { type Extents, type Node, type OpNode, rowCount } from '../src/graph/graph';
import { planBuffers } from '../src/graph/liveness';
import { frozenLeaves } from '../src/runtime/executor';
import { inputLeaves, planMemory } from '../src/runtime/memory-plan';
import { openSession } from '../src/runtime/webgpu/session';
import { recomputingLayers } from '../src/train/recompute';
import { fakeGpu, gpuConstants } from './fake-gpu';
import { flopsOf, paddedBatch, raggedBatch, robertaBaseLora } from './roberta-base';

const built = robertaBaseLora({ dropout: true });
const { programs } = built;
const recomputing = recomputingLayers(built).programs;

beforeAll(() => {
  for (const [name, value] of Object.entries(gpuConstants)) vi.stubGlobal(name, value);
});

/** Zeros, as the encoder's matrices would be stored. */
function zeros(storage: Storage): FrozenTensors {
  const sizes = new Map(
    frozenLeaves(programs).map(({ name, shape }) => [name, (shape.rows as number) * shape.cols]),
  );
  return {
    storage: () => storage,
    elements: (name) => sizes.get(name),
    read: async (name) => new Float32Array(sizes.get(name)!),
  };
}

const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10;
const memoryOf = (largest: Extents, storage: Storage = 'f32', of = programs) => {
  const { totalBytes, largestBufferBytes, ...kinds } = planMemory({
    programs: of,
    largest,
    frozen: zeros(storage),
  });
  expect(totalBytes).toBe(Object.values(kinds).reduce((sum, n) => sum + n, 0));
  return Object.fromEntries(Object.entries(kinds).map(([kind, bytes]) => [kind, megabytes(bytes)]));
};

describe.each([
  ['32 × 80', paddedBatch],
  ['32 × 27, the ragged average', raggedBatch],
])('a step at %s', (_, batch) => {
  it('is one submit of one pass, and makes nothing new after the first', async () => {
    const { device, counts } = fakeGpu();
    const session = await openSession(device, { programs, frozen: zeros('f16'), largest: batch });
    const inputs = Object.fromEntries(inputLeaves(programs).map(({ name }) => [name, new Float32Array(1)]));
    const settings = {
      learningRate: 1e-4,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      maxGradNorm: 1,
      accumulation: 'mean' as const,
      seed: 42,
    };
    const step = async (t: number) => {
      await session.ready();
      await session.trainStep([{ ...batch, inputs }], { ...settings, step: t, microStep: t - 1 });
      await session.takeMetrics(true);
    };
    // The first steps are sent in portions, which tell the device's speed.
    await step(1);
    await step(2);
    const { bufferBytes: _held, writtenBytes: _written, ...before } = counts;
    await step(3);
    const made = (key: keyof typeof before) => counts[key] - before[key];
    expect({
      submits: made('submits'),
      passes: made('passes'),
      bindGroups: made('bindGroups'),
      pipelines: made('pipelines'),
      buffers: made('buffers'),
      dispatches: made('dispatches'),
    }).toEqual({ submits: 1, passes: 1, bindGroups: 0, pipelines: 0, buffers: 0, dispatches: 669 });
    session.dispose();
    expect(counts.bufferBytes).toBe(0);
  });

  it('holds what was planned', async () => {
    const { device, counts } = fakeGpu();
    const options = { programs, frozen: zeros('int8'), largest: batch };
    const session = await openSession(device, options);
    // Buffers are rounded up to 16 bytes; uniforms and the sums of the gradient norm are not planned.
    const beyond = counts.bufferBytes - planMemory(options).totalBytes;
    expect(beyond).toBeGreaterThanOrEqual(0);
    expect(beyond).toBeLessThan(20_000);
    session.dispose();
  });
});

/** Ops of the attention, forward and backward. */
const isAttention = ({ op }: OpNode) => op.name.startsWith('attention');

describe('planned', () => {
  it('FLOPs are those of the arithmetic', () => {
    // 888 GFLOP a step at 32 × 80: every product once, no weight gradients, no gradient below the lowest adapter. Attention's
    // backward has twice the products of its forward; the kernels compute the probabilities again, which is not counted.
    const { train } = programs;
    const others = { ...train, nodes: train.nodes.filter((node) => !isAttention(node)) };
    const forward = { ...train, nodes: train.nodes.filter(({ op }) => op.name === 'attention') };
    const arithmetic = flopsOf(others, paddedBatch) + 3 * flopsOf(forward, paddedBatch);
    expect(Math.abs(arithmetic / 888e9 - 1)).toBeLessThan(0.02);
    expect(Math.round(flopsOf(train, paddedBatch) / 1e9)).toBe(909);
    expect(Math.round(flopsOf(train, raggedBatch) / 1e9)).toBe(298);
  });

  it('bytes by kind, in MB', () => {
    expect(memoryOf(paddedBatch)).toEqual({
      frozenBytes: 340.2,
      activationBytes: 1201.3,
      parameterBytes: 14.2,
      inputBytes: 7.9,
      scratchBytes: 18.9,
    });
    expect(memoryOf(raggedBatch)).toEqual({
      frozenBytes: 340.2,
      activationBytes: 407.1,
      parameterBytes: 14.2,
      inputBytes: 2.7,
      scratchBytes: 18.9,
    });
    expect(memoryOf(raggedBatch, 'f16').frozenBytes).toBe(170.4);
    expect(memoryOf(raggedBatch, 'int8').frozenBytes).toBe(85.8);
  });

  it('recomputing trades a forward pass for most of the activations', () => {
    expect(memoryOf(paddedBatch, 'f32', recomputing).activationBytes).toBe(247.4);
    const [once, again] = [programs, recomputing].map(({ train }) => flopsOf(train, paddedBatch));
    const forward = flopsOf(programs.evaluate, paddedBatch);
    // All layers but the last.
    expect((again! - once!) / forward).toBeGreaterThan(0.85);
    expect((again! - once!) / forward).toBeLessThan(1);
  });

  it.each([
    ['kept', programs.train],
    ['computed again', recomputing.train],
  ])('buffers are shared by no two live values, layers %s', (_, program) => {
    const { sizes, assignment } = planBuffers(program, paddedBatch);
    const live = new Map<number, Node>();
    const lastRead = new Map<Node, number>();
    program.nodes.forEach(({ inputs }, i) => {
      for (const input of inputs) lastRead.set(input, i);
    });
    for (const node of [...Object.values(program.outputs), ...program.gradients.values()])
      lastRead.set(node, program.nodes.length);
    const floats = ({ shape }: Node) => rowCount(shape.rows, paddedBatch) * shape.cols;
    let peak = 0;
    program.nodes.forEach((node, i) => {
      const buffer = assignment.get(node)!;
      const resident = live.get(buffer);
      expect(
        resident === undefined || lastRead.get(resident)! < i,
        `${node.name} over ${resident?.name}`,
      ).toBe(true);
      expect(sizes[buffer]!).toBeGreaterThanOrEqual(floats(node));
      live.set(buffer, node);
      const alive = [...live.values()].filter((value) => (lastRead.get(value) ?? 0) >= i);
      peak = Math.max(
        peak,
        alive.reduce((sum, value) => sum + floats(value), 0),
      );
    });
    // What is live at once cannot be shared; little more is taken.
    expect(sizes.reduce((sum, n) => sum + n, 0)).toBeLessThan(1.05 * peak);
  });
});
