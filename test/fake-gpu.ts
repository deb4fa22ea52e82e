/**
 * A device that computes nothing and counts: what a session makes and sends can be asserted where there is no GPU. Reads
 * back zeros.
 */
import type { StudioDevice } from '../src/runtime/webgpu/device';

export interface GpuCounts {
  buffers: number;
  bufferBytes: number;
  writtenBytes: number;
  bindGroups: number;
  pipelines: number;
  dispatches: number;
  passes: number;
  submits: number;
}

/** WebGPU's constants, which only browsers define. */
export const gpuConstants = {
  GPUBufferUsage: { MAP_READ: 1, COPY_SRC: 4, COPY_DST: 8, UNIFORM: 64, STORAGE: 128 },
  GPUMapMode: { READ: 1 },
};

/** @param refuses kernels that it does not compile, by their labels */
export function fakeGpu(refuses: (label: string) => boolean = () => false): {
  readonly device: StudioDevice;
  readonly counts: GpuCounts;
} {
  const counts: GpuCounts = {
    buffers: 0,
    bufferBytes: 0,
    writtenBytes: 0,
    bindGroups: 0,
    pipelines: 0,
    dispatches: 0,
    passes: 0,
    submits: 0,
  };
  const createBuffer = ({ size }: GPUBufferDescriptor) => {
    counts.buffers += 1;
    counts.bufferBytes += size;
    return {
      size,
      mapAsync: async () => {},
      getMappedRange: () => new ArrayBuffer(size),
      unmap: () => {},
      destroy: () => {
        counts.bufferBytes -= size;
      },
    };
  };
  const createBindGroup = () => {
    counts.bindGroups += 1;
    return {};
  };
  const createComputePipelineAsync = async ({ label = '' }: GPUComputePipelineDescriptor) => {
    if (refuses(label)) throw new Error(`${label} does not compile`);
    counts.pipelines += 1;
    return { getBindGroupLayout: () => ({}) };
  };
  const beginComputePass = () => {
    counts.passes += 1;
    return {
      setPipeline: () => {},
      setBindGroup: () => {},
      dispatchWorkgroups: () => {
        counts.dispatches += 1;
      },
      end: () => {},
    };
  };
  const device = {
    createBuffer,
    createBindGroup,
    createComputePipelineAsync,
    createShaderModule: ({ label = '' }: GPUShaderModuleDescriptor) => ({
      getCompilationInfo: async () => ({
        messages: refuses(label) ? [{ type: 'error', lineNum: 3, message: 'no such thing' }] : [],
      }),
    }),
    pushErrorScope: () => {},
    popErrorScope: async () => null,
    createCommandEncoder: () => ({
      beginComputePass,
      clearBuffer: () => {},
      copyBufferToBuffer: () => {},
      finish: () => ({}),
    }),
    queue: {
      writeBuffer: (_buffer: GPUBuffer, _offset: number, { byteLength }: Uint8Array) => {
        counts.writtenBytes += byteLength;
      },
      submit: () => {
        counts.submits += 1;
      },
      onSubmittedWorkDone: async () => {},
    },
  };
  return {
    counts,
    device: {
      // Only what a session calls is there: calling anything else fails the test.
      device: device as unknown as GPUDevice,
      adapter: 'a device that counts',
      // Kernels by the fixed order: there is nothing to time.
      isSoftwareAdapter: true,
      hasSubgroups: true,
      hasTimestamps: false,
      memory: { bufferBytes: 2 ** 30, totalBytes: Number.POSITIVE_INFINITY },
      lost: new Promise(() => {}),
      check: () => {},
    },
  };
}
