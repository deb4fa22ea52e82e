/** Pipelines by shader text, compiled asynchronously and once a device. */
import type { KernelDispatch } from '../../lower/webgpu/kernel';
import { kept } from './device-lost';
import { shaderText } from './shader';

const caches = new WeakMap<GPUDevice, Map<string, Promise<GPUComputePipeline>>>();

/** Rejects with the compiler's message and the kernel's label. */
export function pipelineFor(
  device: GPUDevice,
  dispatch: KernelDispatch,
  requires: readonly 'subgroups'[],
): Promise<GPUComputePipeline> {
  let cache = caches.get(device);
  if (!cache) {
    cache = new Map();
    caches.set(device, cache);
  }
  const code = shaderText(dispatch, requires);
  let pipeline = cache.get(code);
  if (!pipeline) {
    pipeline = compile(device, dispatch.label, code);
    cache.set(code, pipeline);
    pipeline.catch(() => cache.delete(code));
  }
  return pipeline;
}

async function compile(device: GPUDevice, label: string, code: string): Promise<GPUComputePipeline> {
  // What the compiler refuses is told here: a kernel that nobody insists on must not be found as a fault of the device later.
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label, code });
  device.popErrorScope().catch(() => undefined);
  try {
    return await device.createComputePipelineAsync({
      label,
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
  } catch (cause) {
    const { messages } = await kept(device, module.getCompilationInfo());
    // A compiler that has nothing to say did not refuse the kernel.
    if (messages.length === 0) return kept(device, Promise.reject(cause));
    const said = messages
      .map(({ type, lineNum, message }) => `${type} line ${lineNum}: ${message}`)
      .join('\n');
    throw new Error(`kernel ${label} does not compile: ${said}`, { cause });
  }
}
