/** What is chosen where not every candidate compiles, on a device that computes nothing. */
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { fakeGpu, gpuConstants } from '../../../test/fake-gpu';
import { GraphBuilder } from '../../graph/graph';
import { makeProgram } from '../../graph/program';
import { linear } from '../../ops/gemm/gemm';
import { traceEvents } from '../../trace';
import { chooseKernels } from './kernel-choice';

beforeAll(() => {
  for (const [name, value] of Object.entries(gpuConstants)) vi.stubGlobal(name, value);
});

afterAll(() => vi.unstubAllGlobals());

/** Of another width each time: what was compiled and timed once is known from then on. */
function product(width: number) {
  const graph = new GraphBuilder();
  const leaf = (name: string, rows: number | 'tokens', cols: number) =>
    graph.leaf('input', name, { rows, cols });
  return makeProgram(graph, {
    out: linear(graph, leaf('x', 'tokens', 48), leaf('w', width, 48), leaf('b', 1, width), 'linear'),
  });
}

async function chosenFor(width: number, refuses: (label: string) => boolean): Promise<string> {
  // One that has a graphics card: it times its candidates.
  const device = { ...fakeGpu(refuses).device, isSoftwareAdapter: false };
  const program = product(width);
  const { variantOf } = await chooseKernels(
    device,
    [program],
    () => 'f32',
    {},
    { tokens: 256, sequences: 8 },
  );
  return variantOf(program.nodes[0]!).name;
}

it('drops a candidate that does not compile, and says so in the trace', async () => {
  expect(await chosenFor(40, (label) => label === 'gemm.naive')).not.toBe('naive');
  expect(await chosenFor(48, (label) => label !== 'gemm.tile32')).toBe('tile32');
  const dropped = traceEvents('worker', 1).map(({ name }) => name);
  expect(dropped).toContainEqual(
    expect.stringMatching(/^dropped kernel gemm\.naive: .*does not compile: error line 3: no such thing$/),
  );
});

it('fails in the compiler’s words where no candidate is left', async () => {
  await expect(chosenFor(56, () => true)).rejects.toThrow(/kernel gemm\.naive does not compile/);
});
