/** The WebGPU executor: opens sessions on the device it was given. */
import type { Executor, SessionOptions } from '../executor';
import type { StudioDevice } from './device';
import { openSession, type WebGpuSession } from './session';

export class WebGpuExecutor implements Executor {
  readonly name = 'webgpu';
  readonly #device: StudioDevice;

  constructor(device: StudioDevice) {
    this.#device = device;
  }

  open(options: SessionOptions): Promise<WebGpuSession> {
    return openSession(this.#device, options);
  }
}
