/**
 * Numbers on their way back from the device. A step's metrics come through a ring of mapped buffers that no step waits for; what is
 * asked for at once is read beside it.
 */
import { controlBytes } from '../../lower/webgpu/adamw/adamw.kernels';
import type { StepMetrics } from '../executor';
import { kept } from './device-lost';
import type { GpuMemory } from './memory';

export class ReadbackRing {
  readonly #device: GPUDevice;
  readonly #memory: GpuMemory;
  readonly #finished: StepMetrics[] = [];
  readonly #inFlight: Promise<void>[] = [];
  readonly #idle: GPUBuffer[] = [];
  #failure: unknown = null;

  constructor(device: GPUDevice, memory: GpuMemory) {
    this.#device = device;
    this.#memory = memory;
  }

  /** Throws what went wrong with an earlier step. */
  check(): void {
    if (this.#failure) throw this.#failure;
  }

  /** A buffer for a step's `Control`: it comes back by `expect`, or by `giveBack` where the step was dropped. */
  take(): GPUBuffer {
    return this.#idle.pop() ?? this.#memory.readback('metrics', controlBytes);
  }

  giveBack(buffer: GPUBuffer): void {
    this.#idle.push(buffer);
  }

  /** Reads a step's metrics when they come; steps finish in order. */
  expect(buffer: GPUBuffer, step: number): void {
    const done = mapped(this.#device, buffer)
      .then((bytes) => {
        const [, , gradientNorm, loss] = new Float32Array(bytes) as unknown as [
          number,
          number,
          number,
          number,
        ];
        this.#finished.push({ step, loss, gradientNorm, skipped: new Uint32Array(bytes)[1] !== 0 });
        this.#idle.push(buffer);
      })
      .catch((error: unknown) => {
        this.#failure ??= error;
      })
      .finally(() => {
        this.#inFlight.splice(this.#inFlight.indexOf(done), 1);
      });
    this.#inFlight.push(done);
  }

  /** Waits until at most so many steps are on their way. Does not reject: `check` tells what failed. */
  async settle(most: number): Promise<void> {
    while (this.#inFlight.length > most) await this.#inFlight[0];
  }

  /** Metrics that came since the last call, in order. */
  takeFinished(): readonly StepMetrics[] {
    return this.#finished.splice(0);
  }
}

/** Copies of buffers' first floats, read in one submit. */
export async function readFloats(
  device: GPUDevice,
  wanted: readonly { readonly buffer: GPUBuffer; readonly floats: number }[],
): Promise<Float32Array<ArrayBuffer>[]> {
  const copies = wanted.map(({ buffer, floats }) => {
    const size = Math.max(16, Math.ceil((4 * floats) / 16) * 16);
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST;
    return {
      source: buffer,
      size: Math.min(size, buffer.size),
      floats,
      target: device.createBuffer({ label: 'readback', size, usage }),
    };
  });
  try {
    const encoder = device.createCommandEncoder();
    for (const { source, target, size } of copies) encoder.copyBufferToBuffer(source, 0, target, 0, size);
    device.queue.submit([encoder.finish()]);
    const read = await Promise.all(copies.map(({ target }) => mapped(device, target)));
    return read.map((bytes, i) => new Float32Array(bytes).slice(0, copies[i]!.floats));
  } finally {
    for (const { target } of copies) target.destroy();
  }
}

/** A copy of the buffer's bytes. */
async function mapped(device: GPUDevice, buffer: GPUBuffer): Promise<ArrayBuffer> {
  await kept(device, buffer.mapAsync(GPUMapMode.READ));
  const bytes = buffer.getMappedRange().slice(0);
  buffer.unmap();
  return bytes;
}
