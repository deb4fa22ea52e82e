/**
 * Times the variants of an operation on a hardware adapter and takes the fastest that agrees with the plainest. Nothing
 * here is needed for correctness: any variant would do.
 */
import { StudioError } from '../../errors';
import { type Extents, type Node, type OpNode, rowCount } from '../../graph/graph';
import { roundTo } from '../../graph/rounding';
import type { KernelBinding, KernelVariant, StorageOf } from '../../lower/webgpu/kernel';
import { pack } from '../../lower/webgpu/packing';
import { note } from '../../trace';
import type { StudioDevice } from './device';
import { kept } from './device-lost';
import { GpuMemory } from './memory';
import { pipelineFor } from './pipelines';
import { makeBindGroup } from './program-plan';
import { stepUniformBytes } from './shader';

/** Largest difference from the plainest variant, relative to the largest value: float32 sums in another order. */
const tolerance = 1e-4;
const launches = 8;

const decided = new WeakMap<GPUDevice, Map<string, Promise<KernelVariant>>>();

/** What the timing depends on beside the operation. */
interface TuningConditions {
  readonly storageOf: StorageOf;
  readonly batch: Extents;
}

/** Batches of about this size decide; powers of two, so that runs of like size share what was found. */
export function tuningExtents({ tokens }: Extents): Extents {
  const power = 2 ** Math.round(Math.log2(Math.max(1, tokens)));
  return { tokens: Math.min(2048, Math.max(256, power)), sequences: 32 };
}

/**
 * Compiles all candidates at once, which is several times faster than one after the other. Those that this device refuses, each with
 * its reason, are dropped by whoever asked, and stand in the trace. Throws `device-lost`.
 */
export async function compileCandidates(
  device: StudioDevice,
  candidates: readonly KernelVariant[],
): Promise<ReadonlyMap<KernelVariant, unknown>> {
  const refused = new Map<KernelVariant, unknown>();
  const compile = async (variant: KernelVariant) => {
    const start = performance.now();
    try {
      await Promise.all(
        variant.dispatches.map((dispatch) => pipelineFor(device.device, dispatch, variant.requires)),
      );
    } catch (reason) {
      if (reason instanceof StudioError) throw reason;
      refused.set(variant, reason);
      note(`dropped kernel ${variant.dispatches[0]!.label}: ${String(reason)}`, start);
    }
  };
  await Promise.all(candidates.map(compile));
  return refused;
}

/** Cached by device and by the plainest variant's text, which holds every constant of the operation. */
export function fastest(
  device: StudioDevice,
  node: OpNode,
  variants: readonly KernelVariant[],
  conditions: TuningConditions,
): Promise<KernelVariant> {
  // Layouts and labels cannot be random numbers; such operations take their first variant.
  const onlyFloats = node.inputs.every((input) => input.dtype === 'f32');
  if (variants.length === 1 || !onlyFloats) return Promise.resolve(variants[0]!);
  const cache = decided.get(device.device) ?? new Map<string, Promise<KernelVariant>>();
  decided.set(device.device, cache);
  const { constants, extents } = variants[0]!.dispatches[0]!;
  const stored = node.inputs.map(conditions.storageOf);
  const key = JSON.stringify([node.op.name, constants, extents, stored, conditions.batch]);
  let choice = cache.get(key);
  if (!choice) {
    choice = measure(device, node, variants, conditions);
    cache.set(key, choice);
  }
  return choice;
}

async function measure(
  device: StudioDevice,
  node: OpNode,
  variants: readonly KernelVariant[],
  { batch: extents, storageOf }: TuningConditions,
): Promise<KernelVariant> {
  const memory = new GpuMemory(device.device);
  try {
    const size = ({ shape }: Node) => rowCount(shape.rows, extents) * shape.cols;
    const inputs = node.inputs.map((input, i) => {
      const rows = rowCount(input.shape.rows, extents);
      const values = roundTo(storageOf(input), noise(size(input), i + 1), rows)!;
      const words = pack(storageOf(input), values, rows);
      const buffer = memory.storage(`tune input ${i}`, words.length);
      device.device.queue.writeBuffer(buffer, 0, words);
      return buffer;
    });
    const step = memory.uniform('tune step', stepUniformBytes);
    device.device.queue.writeBuffer(step, 0, Uint32Array.of(extents.tokens, extents.sequences, 0, 0));
    let expected: Float32Array | null = null;
    let best = variants[0]!;
    let bestMs = Number.POSITIVE_INFINITY;
    for (const variant of variants) {
      const output = memory.storage('tune output', size(node));
      const run = await prepare(device.device, memory, variant, { inputs, output, step, extents });
      run(1);
      const got = await readBack(device.device, memory, output, size(node));
      expected ??= got;
      if (!agrees(got, expected)) continue;
      const start = performance.now();
      run(launches);
      await kept(device.device, device.device.queue.onSubmittedWorkDone());
      const elapsedMs = performance.now() - start;
      if (elapsedMs < bestMs) {
        best = variant;
        bestMs = elapsedMs;
      }
    }
    return best;
  } finally {
    memory.destroy();
  }
}

interface TunedBuffers {
  readonly inputs: readonly GPUBuffer[];
  readonly output: GPUBuffer;
  readonly step: GPUBuffer;
  readonly extents: Extents;
}

async function prepare(
  device: GPUDevice,
  memory: GpuMemory,
  { dispatches, requires }: KernelVariant,
  buffers: TunedBuffers,
) {
  const scratch = new Map<KernelBinding, GPUBuffer>();
  const resource = (binding: KernelBinding): GPUBuffer => {
    if (binding.kind === 'input') return buffers.inputs[binding.index]!;
    if (binding.kind === 'output') return buffers.output;
    const buffer = scratch.get(binding) ?? memory.storage('tune scratch', binding.floats(buffers.extents));
    scratch.set(binding, buffer);
    return buffer;
  };
  const ready = await Promise.all(
    dispatches.map(async (dispatch) => {
      const pipeline = await pipelineFor(device, dispatch, requires);
      const usesStep = Object.values(dispatch.extents).some((rows) => typeof rows === 'string');
      const resources = [
        usesStep ? { buffer: buffers.step } : null,
        ...dispatch.bindings.map((b) => ({ buffer: resource(b) })),
      ];
      return {
        pipeline,
        bindGroup: makeBindGroup(device, dispatch.label, pipeline, resources),
        groups: dispatch.workgroups(buffers.extents),
      };
    }),
  );
  return (times: number) => {
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    for (let i = 0; i < times; i++) {
      for (const { pipeline, bindGroup, groups } of ready) {
        pass.setPipeline(pipeline);
        pass.setBindGroup(0, bindGroup);
        pass.dispatchWorkgroups(...groups);
      }
    }
    pass.end();
    device.queue.submit([encoder.finish()]);
  };
}

async function readBack(
  device: GPUDevice,
  memory: GpuMemory,
  source: GPUBuffer,
  floats: number,
): Promise<Float32Array> {
  const target = memory.readback('tune readback', source.size);
  const encoder = device.createCommandEncoder();
  encoder.copyBufferToBuffer(source, 0, target, 0, source.size);
  device.queue.submit([encoder.finish()]);
  await kept(device, target.mapAsync(GPUMapMode.READ));
  return new Float32Array(target.getMappedRange().slice(0)).subarray(0, floats);
}

function agrees(got: Float32Array, expected: Float32Array): boolean {
  let largest = 0;
  let difference = 0;
  for (let i = 0; i < expected.length; i++) {
    largest = Math.max(largest, Math.abs(expected[i]!));
    const error = Math.abs(got[i]! - expected[i]!);
    if (!(error <= Number.MAX_VALUE)) return false;
    difference = Math.max(difference, error);
  }
  return difference <= tolerance * largest;
}

/** Numbers in [−1, 1) from a small linear congruential generator: any will do, as long as they differ. */
function noise(length: number, seed: number): Float32Array<ArrayBuffer> {
  const data = new Float32Array(length);
  let state = seed >>> 0;
  for (let i = 0; i < length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    data[i] = state / 2 ** 31 - 1;
  }
  return data;
}
