/** The WebGPU executor: opens sessions on the device it was given. */
import type { Executor, MemoryLimits, SessionOptions } from '../executor';
import type { StudioDevice } from './device';
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

  open(options: SessionOptions): Promise<WebGpuSession> {
    return openSession(this.#device, options);
  }
}
