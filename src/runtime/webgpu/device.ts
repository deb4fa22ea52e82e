/**
 * Asks the browser for a device, once, and says what it is. Nothing else in the engine looks for a GPU: the host acquires
 * a device and hands it in.
 */
import { StudioError } from '../../errors';
import type { MemoryLimits } from '../executor';
import { deviceLost } from './device-lost';

export interface StudioDevice {
  readonly device: GPUDevice;
  /** e.g. `google swiftshader`, `apple metal-3`. */
  readonly adapter: string;
  readonly isSoftwareAdapter: boolean;
  readonly hasSubgroups: boolean;
  readonly hasTimestamps: boolean;
  readonly memory: MemoryLimits;
  /** Resolves with the reason when the device is gone; never rejects. */
  readonly lost: Promise<StudioError>;
  /** Throws if the device reported an error since the last look, or is lost. */
  check(): void;
}

const softwareNames = /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp/i;

const wayOut =
  'Open the studio in Chrome or Edge 121 or newer, on a computer whose graphics driver is up to date. On Linux also enable chrome://flags/#enable-unsafe-webgpu. See chrome://gpu for the browser’s own words.';

/** Throws `StudioError` `webgpu-missing`, `adapter-missing` or `device-refused`. */
export async function acquireDevice(gpu: GPU | undefined): Promise<StudioDevice> {
  if (!gpu) {
    throw new StudioError('webgpu-missing', 'This browser has no WebGPU.', wayOut);
  }
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) {
    throw new StudioError(
      'adapter-missing',
      'The browser has WebGPU but offers no graphics adapter.',
      `If the graphics process crashed lately, reload the page. ${wayOut}`,
    );
  }
  const offered = (feature: GPUFeatureName) => adapter.features.has(feature);
  const wanted = (['subgroups', 'timestamp-query'] as GPUFeatureName[]).filter(offered);
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  let device: GPUDevice;
  try {
    // Kernels run at WebGPU's default limits; only whole tensors may need larger buffers.
    device = await adapter.requestDevice({
      requiredFeatures: wanted,
      requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
    });
  } catch (cause) {
    throw new StudioError(
      'device-refused',
      `The adapter refused a device: ${String(cause)}`,
      'Reload the page, or restart the browser.',
      { cause },
    );
  }
  const { vendor, architecture, description, device: model } = adapter.info;
  const name = [vendor, architecture].filter(Boolean).join(' ') || description || 'unnamed adapter';
  return describeDevice(
    device,
    name,
    adapter.info.isFallbackAdapter || softwareNames.test(`${name} ${description} ${model}`),
  );
}

/**
 * The machine's memory as the browser tells it. A software adapter's memory is taken from it, and where it runs out the whole
 * graphics process is killed; how much a graphics card has, no browser tells.
 */
function machineBytes(): number {
  const { deviceMemory } = navigator as { readonly deviceMemory?: number };
  return deviceMemory === undefined ? Number.POSITIVE_INFINITY : deviceMemory * 2 ** 30;
}

function describeDevice(device: GPUDevice, adapter: string, isSoftwareAdapter: boolean): StudioDevice {
  let reported: StudioError | null = null;
  device.addEventListener('uncapturederror', ({ error }) => {
    const outOfMemory = error instanceof GPUOutOfMemoryError;
    reported ??= outOfMemory
      ? new StudioError(
          'out-of-memory',
          'The graphics memory is full.',
          'Choose a smaller batch size, max length or base model, or close other tabs.',
        )
      : new StudioError(
          'gpu-error',
          `The graphics device reported: ${error.message}`,
          'This is a fault of the studio. Reload the page; what was saved is kept.',
        );
  });
  const lost = device.lost.then((info) => {
    const error = deviceLost(info);
    reported = error;
    return error;
  });
  return {
    device,
    adapter,
    isSoftwareAdapter,
    hasSubgroups: device.features.has('subgroups'),
    hasTimestamps: device.features.has('timestamp-query'),
    memory: {
      bufferBytes: Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
      totalBytes: isSoftwareAdapter ? machineBytes() / 2 : Number.POSITIVE_INFINITY,
    },
    lost,
    check() {
      if (!reported) return;
      const error = reported;
      if (error.code !== 'device-lost') reported = null;
      throw error;
    },
  };
}
