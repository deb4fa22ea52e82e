import { beforeAll, expect, it, vi } from 'vitest';
import { fakeGpu, gpuConstants } from '../../../test/fake-gpu';
import type { Node } from '../../graph/graph';
import { layoutParameters } from '../../graph/parameters';
import type { TrainingPrograms } from '../executor';
import { GpuMemory } from './memory';
import { optimizerMemory, planOptimizer, sliceOf } from './optimizer-plan';

beforeAll(() => {
  for (const [name, value] of Object.entries(gpuConstants)) vi.stubGlobal(name, value);
});

const parameters = layoutParameters([
  { name: 'bias', shape: [3], weightDecay: false },
  { name: 'weight', shape: [3, 5], weightDecay: true },
]);

it('slices a block where the layout has a parameter, by whole 16 bytes', () => {
  const block = {} as GPUBuffer;
  const slice = sliceOf(block, parameters);
  expect(slice('weight')).toEqual({ buffer: block, offset: 0, size: 64 });
  expect(slice('bias')).toEqual({ buffer: block, offset: 256, size: 16 });
});

it.each([
  ['the loss', true],
  ['no loss', false],
])('adds each gradient and %s after a micro-batch, then bounds, checks and updates', async (_, hasLoss) => {
  const { device, counts } = fakeGpu();
  const memory = optimizerMemory(new GpuMemory(device.device), parameters);
  const node = {} as Node;
  const train = {
    gradients: new Map([
      ['bias', node],
      ['weight', node],
    ]),
    outputs: hasLoss ? { loss: node } : {},
  } as unknown as TrainingPrograms['train'];
  const buffer = {} as GPUBuffer;
  const { accumulate, finish } = await planOptimizer(
    device.device,
    memory,
    { parameters, train },
    () => ({ buffer }),
    () => buffer,
  );
  const labels = (plan: typeof finish) => plan.map(({ label }) => label);
  expect(labels(accumulate)).toEqual(['accumulate', 'accumulate', ...(hasLoss ? ['accumulate.loss'] : [])]);
  expect(labels(finish)).toEqual(['norm.partials', 'norm.finish', 'adamw']);
  expect(counts.bindGroups).toBe(accumulate.length + finish.length);
  // Four blocks, the sums and flags of the norm, and what a step is told and tells.
  expect(counts.bufferBytes).toBe(4 * 4 * parameters.totalFloats + 2 * 4096 + 48 + 16 + 16);
});
