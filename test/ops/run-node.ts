/** Runs one variant of one node on a device, alone: for parity with its float64 definition. */
import { rowCount } from '../../src/graph/graph';
import type { Values } from '../../src/graph/op';
import type { KernelBinding, KernelVariant } from '../../src/lower/webgpu/kernel';
import { pipelineFor } from '../../src/runtime/webgpu/pipelines';
import { makeBindGroup } from '../../src/runtime/webgpu/program-plan';
import type { OpCase } from './cases';
import { stepOf } from './values';

/** Stands after the output's end; a kernel that writes there writes into its neighbour. */
const sentinel = 12345;
const guardFloats = 64;

export interface NodeRun {
  readonly values: Float32Array;
  readonly guardIntact: boolean;
}

/** Throws on any validation, out-of-memory or internal error. */
export async function runNode(
  device: GPUDevice,
  opCase: OpCase,
  variant: KernelVariant,
  leaves: readonly Values[],
): Promise<NodeRun> {
  const scopes = ['validation', 'out-of-memory', 'internal'] as const;
  for (const scope of scopes) device.pushErrorScope(scope);
  const run = await dispatchNode(device, opCase, variant, leaves);
  const errors = await Promise.all(scopes.map(() => device.popErrorScope()));
  const error = errors.find((e) => e !== null);
  if (error) throw new Error(`${opCase.name}, ${variant.name}: ${error.message}`);
  return run;
}

async function dispatchNode(
  device: GPUDevice,
  opCase: OpCase,
  variant: KernelVariant,
  leaves: readonly Values[],
): Promise<NodeRun> {
  const buffers: GPUBuffer[] = [];
  const storage = (data: Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>) => {
    const buffer = device.createBuffer({
      size: Math.max(16, data.byteLength),
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    buffers.push(buffer);
    device.queue.writeBuffer(buffer, 0, data);
    return buffer;
  };
  try {
    const step = stepOf(opCase.batch);
    const { node } = opCase;
    const size = rowCount(node.shape.rows, step) * node.shape.cols;
    const inputs = leaves.map((values) =>
      storage(values instanceof Uint32Array ? Uint32Array.from(values) : Float32Array.from(values)),
    );
    const output = storage(new Float32Array(size + guardFloats).fill(sentinel));
    const uniform = device.createBuffer({
      size: 16,
      usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
    });
    buffers.push(uniform);
    device.queue.writeBuffer(
      uniform,
      0,
      Uint32Array.of(step.tokens, step.sequences, step.seed, step.microStep),
    );
    const scratch = new Map<KernelBinding, GPUBuffer>();
    const resource = (binding: KernelBinding): GPUBuffer => {
      if (binding.kind === 'input') return inputs[binding.index]!;
      if (binding.kind === 'output') return output;
      const buffer = scratch.get(binding) ?? storage(new Float32Array(binding.floats(step)));
      scratch.set(binding, buffer);
      return buffer;
    };
    const encoder = device.createCommandEncoder();
    for (const dispatch of variant.dispatches) {
      const pipeline = await pipelineFor(device, dispatch, variant.requires);
      const usesStep =
        Object.values(dispatch.extents).some((rows) => typeof rows === 'string') ||
        dispatch.wgsl.includes('step.');
      const resources = [
        usesStep ? { buffer: uniform } : null,
        ...dispatch.bindings.map((binding) => ({ buffer: resource(binding) })),
      ];
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, makeBindGroup(device, node.name, pipeline, resources));
      pass.dispatchWorkgroups(...dispatch.workgroups(step));
      pass.end();
    }
    const readback = device.createBuffer({
      size: output.size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    });
    buffers.push(readback);
    encoder.copyBufferToBuffer(output, 0, readback, 0, output.size);
    device.queue.submit([encoder.finish()]);
    await readback.mapAsync(GPUMapMode.READ);
    const all = new Float32Array(readback.getMappedRange().slice(0));
    return {
      values: all.slice(0, size),
      guardIntact: all.subarray(size, size + guardFloats).every((value) => value === sentinel),
    };
  } finally {
    for (const buffer of buffers) buffer.destroy();
  }
}
