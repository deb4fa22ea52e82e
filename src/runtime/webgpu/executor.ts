/** The WebGPU executor: opens sessions on the device it was given. */
import type { FrozenTensors } from '../../graph/frozen';
import type { Executor, HeldWeights, MemoryLimits, SessionOptions } from '../executor';
import type { StudioDevice } from './device';
import { HeldBuffers } from './held-buffers';
import { openSession, type WebGpuSession } from './session';

export class WebGpuExecutor implements Executor {
  readonly name = 'webgpu';
  readonly #device: StudioDevice;

  constructor(device: StudioDevice) {
    this.#device = device;
  }

  get limits(): MemoryLimits {
    return this.#device.memory;
  }

  hold(source: FrozenTensors): HeldWeights {
    return new HeldBuffers(this.#device.device, source);
  }

  open(options: SessionOptions): Promise<WebGpuSession> {
    return openSession(this.#device, options);
  }
}
