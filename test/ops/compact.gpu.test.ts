/**
 * Weights in compact storage: every variant of `gemm` must compute from them the very bits that it computes from the same
 * values in float32, and agree with the float64 definition.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Storage } from '../../src/graph/frozen';
import { roundTo } from '../../src/graph/rounding';
import { pack } from '../../src/lower/webgpu/packing';
import { loweringOf } from '../../src/lower/webgpu/registry';
import { acquireDevice } from '../../src/runtime/webgpu/device';
import { type BatchShape, gemmCase, type OpCase, ragged } from './cases';
import { runNode } from './run-node';
import { drawLeaves, reference } from './values';

const { device, hasSubgroups } = await acquireDevice(navigator.gpu);

const compact: readonly Storage[] = ['f16', 'int8'];

/** As in the parity tests: float32 sums of less than 2,000 terms. */
const tolerance = 2e-5;

async function checkStorage(opCase: OpCase, storage: Storage, seed: number): Promise<void> {
  const { node } = opCase;
  const [a, drawn, ...extras] = drawLeaves(opCase, seed);
  const rows = node.inputs[1]!.shape.rows as number;
  const values = roundTo(storage, Float32Array.from(drawn!), rows)!;
  const plain = [a!, Float64Array.from(values), ...extras];
  const packed = [a!, pack(storage, values, rows) as Uint32Array, ...extras];
  const expected = reference(opCase, plain);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 1e-30);
  const usable = (stored: Storage) =>
    loweringOf(node.op)
      .kernels(node, (input) => (input === node.inputs[1] ? stored : 'f32'))
      .filter(({ requires }) => requires.length === 0 || hasSubgroups);
  const inFull = usable('f32');
  for (const [i, variant] of usable(storage).entries()) {
    const got = await runNode(device, opCase, variant, packed);
    const full = await runNode(device, opCase, inFull[i]!, plain);
    const label = `${opCase.name}: ${variant.name} from ${storage}`;
    expect(got.guardIntact, label).toBe(true);
    expect([...got.values], label).toEqual([...full.values]);
    const worst = got.values.reduce((max, value, j) => Math.max(max, Math.abs(value - expected[j]!)), 0);
    expect(worst / largest, label).toBeLessThan(tolerance);
  }
}

/** Forward of a linear layer, the gradient of its input, and a sum over the batch. */
const products = (batch: BatchShape, k: number, n: number): readonly OpCase[] => [
  gemmCase(batch, ['tokens', k, n], { tb: true, bias: true }),
  gemmCase(batch, ['tokens', k, n], { alpha: 2, addend: true }),
];

const odd = ragged(3, 1, 7);

it.each(compact)('%s: sizes that do not fill a word', async (storage) => {
  for (const [k, n] of [
    [1, 5],
    [3, 2],
    [67, 65],
  ] as const)
    for (const opCase of products(odd, k, n)) await checkStorage(opCase, storage, 1);
});

it('random shapes', async () => {
  const size = fc.integer({ min: 1, max: 90 });
  const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 2 });
  await fc.assert(
    fc.asyncProperty(size, size, lengths, async (k, n, drawn) => {
      // Every shape in both storages and in two batches: most of the time is the compiler's, for each pair of sizes anew.
      for (const tokens of drawn)
        for (const opCase of products(ragged(tokens), k, n))
          for (const storage of compact) await checkStorage(opCase, storage, tokens);
    }),
    { numRuns: 2 },
  );
});

it.each(compact)('%s: values of every magnitude, subnormal halves among them', async (storage) => {
  const wide = (i: number) => (i % 2 ? -1 : 1) * 2 ** (((7 * i) % 40) - 30);
  for (const opCase of products(odd, 37, 21)) {
    const leaves = opCase.leaves.map(([leaf, fill], i) => [leaf, i === 1 ? wide : fill] as const);
    await checkStorage({ ...opCase, leaves }, storage, 1);
  }
});
