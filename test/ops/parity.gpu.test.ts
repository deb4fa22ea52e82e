/** Every WGSL kernel of every op against its float64 definition. A machine without an adapter fails, it does not skip. */
import { expect, it } from 'vitest';
import { loweringOf } from '../../src/lower/webgpu/registry';
import { acquireDevice } from '../../src/runtime/webgpu/device';
import { gemmCase, type OpCase, ragged } from './cases';
import { judge, parityTests } from './parity-suite';
import { runNode } from './run-node';
import { drawLeaves, reference, withConsistentLse } from './values';

const { device, hasSubgroups, adapter } = await acquireDevice(navigator.gpu);

const inFull = () => 'f32' as const;

async function checkCase(opCase: OpCase, seed = 1, conditioning = 1): Promise<void> {
  const leaves = withConsistentLse(opCase, drawLeaves(opCase, seed));
  const expected = reference(opCase, leaves);
  const variants = loweringOf(opCase.node.op)
    .kernels(opCase.node, inFull)
    .filter(({ requires }) => requires.length === 0 || hasSubgroups);
  expect(variants.length).toBeGreaterThan(0);
  for (const variant of variants) {
    const { values, guardIntact } = await runNode(device, opCase, variant, leaves);
    expect(guardIntact, `${variant.name} writes past the end`).toBe(true);
    judge(opCase, variant.name, values, expected, conditioning);
  }
}

it('has an adapter that multiplies matrices', async () => {
  console.log(`parity on ${adapter}`);
  const opCase = gemmCase(ragged(2), ['tokens', 2, 2], {});
  const [a, b] = [Float64Array.of(1, 2, 3, 4), Float64Array.of(5, 6, 7, 8)];
  for (const variant of loweringOf(opCase.node.op).kernels(opCase.node, inFull)) {
    expect([...(await runNode(device, opCase, variant, [a, b])).values], variant.name).toEqual([
      19, 22, 43, 50,
    ]);
  }
});

parityTests(checkCase);
