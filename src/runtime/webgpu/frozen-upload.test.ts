import { beforeAll, expect, it, vi } from 'vitest';
import { fakeGpu, gpuConstants } from '../../../test/fake-gpu';
import type { LeafNode } from '../../graph/graph';
import { frozenBuffers, type SessionFrozen } from './frozen-upload';
import { HeldBuffers } from './held-buffers';
import { GpuMemory } from './memory';

beforeAll(() => {
  for (const [name, value] of Object.entries(gpuConstants)) vi.stubGlobal(name, value);
});

const leaf = (name: string, rows: number, cols: number) =>
  ({ kind: 'frozen', name, shape: { rows, cols } }) as unknown as LeafNode;

/** Of leaves whose values are as many as `lengthOf` says. */
function frozenOf(
  leaves: readonly LeafNode[],
  held: HeldBuffers | null,
  lengthOf: (leaf: LeafNode) => number,
) {
  const read = async (name: string) =>
    new Float32Array(lengthOf(leaves.find((other) => other.name === name)!));
  return {
    leaves,
    storage: () => 'f32',
    storageOf: () => 'f32',
    sourceOf: () => ({ read }) as unknown as ReturnType<SessionFrozen['sourceOf']>,
    heldOf: (name) => (name.startsWith('base') ? held : null),
    bytesBeside: 0,
  } satisfies SessionFrozen;
}

const whole = ({ shape }: LeafNode) => (shape.rows as number) * shape.cols;

it('brings what is held once, and what is a session’s own to each', async () => {
  const { device, counts } = fakeGpu();
  const held = new HeldBuffers(device.device, { read: async () => new Float32Array() } as never);
  const frozen = frozenOf([leaf('base.weight', 4, 4), leaf('own', 1, 8)], held, whole);
  const own = [new GpuMemory(device.device), new GpuMemory(device.device)];
  const first = await frozenBuffers(device.device, frozen, own[0]!);
  const second = await frozenBuffers(device.device, frozen, own[1]!);
  expect(counts.writtenBytes).toBe(4 * (16 + 2 * 8));
  expect(second.weights.get('base.weight')).toBe(first.weights.get('base.weight'));
  expect(second.weights.get('own')).not.toBe(first.weights.get('own'));
  expect([first.borrowedBytes, own[0]!.allocatedBytes]).toEqual([64, 32]);
});

it('waits for the device every 32 MiB', async () => {
  const { device } = fakeGpu();
  const waited = vi.spyOn(device.device.queue, 'onSubmittedWorkDone');
  const leaves = [1, 2, 3].map((number) => leaf(`own ${number}`, 1024, 4096));
  await frozenBuffers(device.device, frozenOf(leaves, null, whole), new GpuMemory(device.device));
  expect(waited).toHaveBeenCalledTimes(1);
});

it('refuses a tensor of another size by its name', async () => {
  const { device } = fakeGpu();
  const frozen = frozenOf([leaf('own', 2, 3)], null, () => 5);
  await expect(frozenBuffers(device.device, frozen, new GpuMemory(device.device))).rejects.toThrow(
    '5 values for the frozen tensor own [2, 3]',
  );
});
