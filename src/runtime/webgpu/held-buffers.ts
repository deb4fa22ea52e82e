/** A base model's weights as buffers of one device. */
import type { FrozenTensors } from '../../graph/frozen';
import { HeldTensors } from '../held-tensors';
import { GpuMemory } from './memory';

export class HeldBuffers extends HeldTensors<GPUBuffer> {
  readonly device: GPUDevice;
  readonly memory: GpuMemory;

  constructor(device: GPUDevice, source: FrozenTensors) {
    const memory = new GpuMemory(device);
    super(
      source,
      ({ size }) => size,
      () => memory.destroy(),
    );
    this.device = device;
    this.memory = memory;
  }
}
