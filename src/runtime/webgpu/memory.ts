/** All buffers of a session: counted, labelled, destroyed together. */

export class GpuMemory {
  readonly #device: GPUDevice;
  readonly #buffers = new Set<GPUBuffer>();
  #bytes = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  get allocatedBytes(): number {
    return this.#bytes;
  }

  /** Size is rounded up to whole 16 bytes. */
  buffer(label: string, sizeBytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = Math.max(16, Math.ceil(sizeBytes / 16) * 16);
    const buffer = this.#device.createBuffer({ label, size, usage });
    this.#buffers.add(buffer);
    this.#bytes += size;
    return buffer;
  }

  storage(label: string, floats: number): GPUBuffer {
    return this.buffer(
      label,
      4 * floats,
      GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    );
  }

  uniform(label: string, sizeBytes: number): GPUBuffer {
    return this.buffer(label, sizeBytes, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  }

  readback(label: string, sizeBytes: number): GPUBuffer {
    return this.buffer(label, sizeBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  }

  destroy(): void {
    for (const buffer of this.#buffers) buffer.destroy();
    this.#buffers.clear();
    this.#bytes = 0;
  }
}
