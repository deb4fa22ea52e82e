/**
 * The frozen weights of a session: what a base that several sessions borrow holds already, and what is brought to the device for this
 * one.
 */
import { invariant } from '../../errors';
import type { FrozenTensors, Storage } from '../../graph/frozen';
import { formatShape, type LeafNode } from '../../graph/graph';
import type { StorageOf } from '../../lower/webgpu/kernel';
import { pack } from '../../lower/webgpu/packing';
import { frozenLeaves, isOwn, type SessionOptions } from '../executor';
import { frozenWords, storageOfLeaves } from '../memory-plan';
import { kept } from './device-lost';
import { HeldBuffers } from './held-buffers';
import type { GpuMemory } from './memory';

/** The frozen leaves of a session: where each comes from, and how it is stored. */
export interface SessionFrozen {
  readonly leaves: readonly LeafNode[];
  readonly storage: (name: string) => Storage;
  readonly storageOf: StorageOf;
  /** Who has the values; the held ones are in `held`. */
  readonly sourceOf: (name: string) => FrozenTensors;
  readonly heldOf: (name: string) => HeldBuffers | null;
  /** Bytes of weights that are held and that this session does not read. */
  readonly bytesBeside: number;
}

/** The same tensor is held twice where one session can read it compactly and another one cannot. */
const heldKey = ({ name }: LeafNode, storage: Storage) => `${name} ${storage}`;

export function frozenOf(options: SessionOptions, device: GPUDevice): SessionFrozen {
  const { programs, base = null } = options;
  invariant(
    base === null || (base instanceof HeldBuffers && base.device === device),
    'session: the base is held by another executor',
  );
  const leaves = frozenLeaves(programs);
  const heldOf = (name: string) => (isOwn(options, name) ? null : base);
  const sourceOf = (name: string) => heldOf(name)?.source ?? options.frozen;
  const storage = (name: string) => sourceOf(name).storage(name);
  const storageOf = storageOfLeaves({ programs, frozen: { storage } });
  const keys = leaves.filter(({ name }) => heldOf(name)).map((leaf) => heldKey(leaf, storageOf(leaf)));
  const bytesBeside = base?.bytesBeside(new Set(keys)) ?? 0;
  return { leaves, storage, storageOf, sourceOf, heldOf, bytesBeside };
}

/** Bytes that may be on their way to the device at once while weights are uploaded. */
const uploadBytes = 2 ** 25;

/**
 * Buffers of the frozen leaves by name; only what is not held yet is uploaded. One tensor after the other, so that only one is
 * in memory beside its buffer. Every so many bytes it waits for the device: the browser keeps what was written in shared memory
 * until the device has copied it.
 */
export async function frozenBuffers(
  device: GPUDevice,
  { leaves, storageOf, sourceOf, heldOf }: SessionFrozen,
  own: GpuMemory,
): Promise<{ readonly weights: ReadonlyMap<string, GPUBuffer>; readonly borrowedBytes: number }> {
  let pendingBytes = 0;
  const upload = async (leaf: LeafNode, memory: GpuMemory): Promise<GPUBuffer> => {
    const { name, shape } = leaf;
    const storage = storageOf(leaf);
    const data = await sourceOf(name).read(name);
    invariant(
      data.length === frozenWords(leaf, 'f32'),
      `session: ${data.length} values for the frozen tensor ${name} ${formatShape(shape)}`,
    );
    const buffer = memory.storage(name, frozenWords(leaf, storage));
    device.queue.writeBuffer(buffer, 0, pack(storage, data, shape.rows as number));
    pendingBytes += buffer.size;
    return buffer;
  };
  const weights = new Map<string, GPUBuffer>();
  let borrowedBytes = 0;
  for (const leaf of leaves) {
    const held = heldOf(leaf.name);
    const buffer = held
      ? await held.take(heldKey(leaf, storageOf(leaf)), () => upload(leaf, held.memory))
      : await upload(leaf, own);
    weights.set(leaf.name, buffer);
    if (held) borrowedBytes += buffer.size;
    if (pendingBytes < uploadBytes) continue;
    await kept(device, device.queue.onSubmittedWorkDone());
    pendingBytes = 0;
  }
  return { weights, borrowedBytes };
}
