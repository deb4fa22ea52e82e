/** The tuner of hardware adapters, run here on whatever there is: it chooses by time among variants that agree. */
import { expect, it } from 'vitest';
import { GraphBuilder } from '../src/graph/graph';
import { makeProgram } from '../src/graph/program';
import type { KernelVariant } from '../src/lower/webgpu/kernel';
import { loweringOf } from '../src/lower/webgpu/registry';
import { linear } from '../src/ops/gemm/gemm';
import { normalize } from '../src/ops/layerNorm/layerNorm';
import { acquireDevice } from '../src/runtime/webgpu/device';
import { chooseKernels } from '../src/runtime/webgpu/kernel-choice';
import { compileCandidates, fastest, tuningExtents } from '../src/runtime/webgpu/tuner';

/** The same device, taken for a hardware one: only the way of choosing differs. */
const device = { ...(await acquireDevice(navigator.gpu)), isSoftwareAdapter: false };
const inFull = () => 'f32' as const;
const batch = { tokens: 256, sequences: 32 };

function smallProgram() {
  const graph = new GraphBuilder();
  const leaf = (name: string, rows: number | 'tokens', cols: number) =>
    graph.leaf('input', name, { rows, cols });
  const product = linear(graph, leaf('x', 'tokens', 48), leaf('w', 40, 48), leaf('b', 1, 40), 'linear');
  const gamma = leaf('gamma', 1, 40);
  const out = normalize(graph, product, undefined, { gamma, beta: gamma, epsilon: 1e-5 }, 'norm');
  return makeProgram(graph, { out });
}

it('chooses a variant for every operation that has several, and the record repeats it', async () => {
  const program = smallProgram();
  const choice = await chooseKernels(device, [program], inFull, {}, batch);
  expect(Object.keys(choice.table)).toHaveLength(2);
  for (const node of program.nodes) {
    const names = loweringOf(node.op)
      .kernels(node, inFull)
      .map(({ name }) => name);
    expect(names).toContain(choice.variantOf(node).name);
  }
  const recorded = await chooseKernels(device, [program], inFull, choice.table, batch);
  expect(recorded.table).toEqual(choice.table);
  expect(recorded.asRecorded).toBe(true);
});

it('drops a variant that disagrees with the plainest, however fast it is', async () => {
  const [node] = smallProgram().nodes;
  const [plain, ...others] = loweringOf(node!.op).kernels(node!, inFull);
  const wrong: KernelVariant = {
    ...plain!,
    name: 'wrong',
    // Writes nothing, in no time.
    dispatches: plain!.dispatches.map((dispatch) => ({ ...dispatch, workgroups: () => [0, 0, 0] as const })),
  };
  // Another size than above, which the tuner has decided already.
  const chosen = await fastest(device, node!, [plain!, wrong], {
    storageOf: inFull,
    batch: { tokens: 100, sequences: 4 },
  });
  expect(chosen.name).toBe(plain!.name);
  expect(others.length).toBeGreaterThan(2);
});

it('goes on without a kernel that the compiler refuses, and the device is none the worse', async () => {
  const [node] = smallProgram().nodes;
  const [plain] = loweringOf(node!.op).kernels(node!, inFull);
  const broken: KernelVariant = {
    ...plain!,
    name: 'broken',
    dispatches: plain!.dispatches.map((dispatch) => ({ ...dispatch, wgsl: 'fn main( {' })),
  };
  const refused = await compileCandidates(device, [plain!, broken]);
  expect([...refused.keys()]).toEqual([broken]);
  expect(String(refused.get(broken))).toContain('does not compile: error line');
  await device.device.queue.onSubmittedWorkDone();
  expect(() => device.check()).not.toThrow();
});

it('puts runs of like size into one class', () => {
  expect(tuningExtents({ tokens: 1600, sequences: 32 })).toEqual(
    tuningExtents({ tokens: 2500, sequences: 16 }),
  );
  expect(tuningExtents({ tokens: 3, sequences: 1 }).tokens).toBe(256);
});
