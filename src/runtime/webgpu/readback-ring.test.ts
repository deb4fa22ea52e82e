import { beforeAll, expect, it, vi } from 'vitest';
import { gpuConstants } from '../../../test/fake-gpu';
import { GpuMemory } from './memory';
import { ReadbackRing } from './readback-ring';

beforeAll(() => {
  for (const [name, value] of Object.entries(gpuConstants)) vi.stubGlobal(name, value);
});

/** A device whose buffers are mapped when the test says so: `Control` as the kernel writes it. */
function deviceByHand() {
  let buffers = 0;
  const waiting: { readonly resolve: () => void; readonly reject: (error: unknown) => void }[] = [];
  const createBuffer = ({ size }: GPUBufferDescriptor) => {
    const loss = ++buffers;
    return {
      size,
      mapAsync: () => new Promise<void>((resolve, reject) => waiting.push({ resolve, reject })),
      getMappedRange: () => Float32Array.of(1, 0, 0.5, loss).buffer,
      unmap: () => {},
    };
  };
  const device = { createBuffer, lost: Promise.resolve({ reason: 'unknown', message: 'gone' }) };
  const gpu = device as unknown as GPUDevice;
  return { ring: new ReadbackRing(gpu, new GpuMemory(gpu)), waiting, made: () => buffers };
}

it('brings metrics in order, once, and reads into the same buffers again', async () => {
  const { ring, waiting, made } = deviceByHand();
  ring.expect(ring.take(), 1);
  ring.expect(ring.take(), 2);
  expect(ring.takeFinished()).toEqual([]);
  for (const { resolve } of waiting) resolve();
  await ring.settle(0);
  const metrics = { gradientNorm: 0.5, skipped: false };
  expect(ring.takeFinished()).toEqual([
    { step: 1, loss: 1, ...metrics },
    { step: 2, loss: 2, ...metrics },
  ]);
  expect(ring.takeFinished()).toEqual([]);
  ring.giveBack(ring.take());
  ring.expect(ring.take(), 3);
  expect(made()).toBe(2);
});

it('waits only until there is room', async () => {
  const { ring, waiting } = deviceByHand();
  ring.expect(ring.take(), 1);
  await ring.settle(1);
  ring.expect(ring.take(), 2);
  const room = ring.settle(1);
  waiting[0]!.resolve();
  await room;
  expect(ring.takeFinished().map(({ step }) => step)).toEqual([1]);
});

it('tells of the first failure whenever it is asked, and lets nobody wait for it', async () => {
  const { ring, waiting } = deviceByHand();
  ring.check();
  ring.expect(ring.take(), 1);
  waiting[0]!.reject(new DOMException('in words of the browser'));
  await ring.settle(0);
  expect(() => ring.check()).toThrow('The graphics device was lost (unknown: gone)');
  expect(() => ring.check()).toThrow('The graphics device was lost (unknown: gone)');
});
