/**
 * What a step does beside its program: gradients of micro-batches add up in one flat block, then AdamW takes them. The blocks and
 * scalars live as long as the session; their kernels are of no op, so that they are bound by hand.
 */
import type { Node } from '../../graph/graph';
import type { ParameterLayout } from '../../graph/parameters';
import {
  accumulateKernel,
  accumulateLossKernel,
  controlBytes,
  normLanes,
  type UpdateKernel,
  updateKernels,
  updateUniformBytes,
} from '../../lower/webgpu/adamw/adamw.kernels';
import type { TrainingPrograms } from '../executor';
import type { GpuMemory } from './memory';
import { pipelineFor } from './pipelines';
import { makeBindGroup, type PlannedDispatch } from './program-plan';

/** Flat blocks as the layout of the parameters says. */
interface Blocks {
  readonly parameters: GPUBuffer;
  readonly gradients: GPUBuffer;
  readonly firstMoment: GPUBuffer;
  readonly secondMoment: GPUBuffer;
}

export interface OptimizerMemory {
  readonly blocks: Blocks;
  /** `Update`: the numbers of this step. */
  readonly update: GPUBuffer;
  /** `Control`: what the step tells back. */
  readonly control: GPUBuffer;
  /** Of the micro-batches of a step. */
  readonly lossSum: GPUBuffer;
  readonly sums: GPUBuffer;
  readonly flags: GPUBuffer;
}

export interface OptimizerPlan {
  /** After each micro-batch. */
  readonly accumulate: readonly PlannedDispatch[];
  /** After the last one. */
  readonly finish: readonly PlannedDispatch[];
}

export function optimizerMemory(memory: GpuMemory, { totalFloats }: ParameterLayout): OptimizerMemory {
  return {
    blocks: {
      parameters: memory.storage('parameters', totalFloats),
      gradients: memory.storage('gradients', totalFloats),
      firstMoment: memory.storage('first moment', totalFloats),
      secondMoment: memory.storage('second moment', totalFloats),
    },
    update: memory.uniform('update', updateUniformBytes),
    control: memory.storage('control', controlBytes / 4),
    lossSum: memory.storage('loss sum', 1),
    sums: memory.storage('norm sums', normLanes),
    flags: memory.storage('norm flags', normLanes),
  };
}

/** Where a parameter stands in a block, whole 16 bytes. */
export function sliceOf(
  block: GPUBuffer,
  { parameters }: ParameterLayout,
): (name: string) => GPUBufferBinding {
  const placed = new Map(parameters.map((parameter) => [parameter.name, parameter]));
  return (name) => {
    const { offset, length } = placed.get(name)!;
    return { buffer: block, offset: 4 * offset, size: 4 * Math.ceil(length / 4) * 4 };
  };
}

/** `resource` says where a node of the train program has its value, `lossScale` where that input is. */
export async function planOptimizer(
  device: GPUDevice,
  { blocks, update, control, lossSum, sums, flags }: OptimizerMemory,
  { parameters, train }: Pick<TrainingPrograms, 'parameters' | 'train'>,
  resource: (node: Node) => GPUBufferBinding,
  lossScale: () => GPUBuffer,
): Promise<OptimizerPlan> {
  const whole = (...buffers: readonly GPUBuffer[]) => buffers.map((buffer): GPUBufferBinding => ({ buffer }));
  const byHand = (kernel: UpdateKernel, buffers: readonly GPUBufferBinding[]) =>
    planByHand(device, kernel, buffers);
  const kernels = updateKernels(parameters.totalFloats, parameters.decayedFloats);
  const lengths = new Map(parameters.parameters.map(({ name, length }) => [name, length]));
  const gradientOf = sliceOf(blocks.gradients, parameters);
  const { loss } = train.outputs;
  const [finish, accumulate] = await Promise.all([
    Promise.all([
      byHand(kernels.partials, whole(blocks.gradients, sums, flags)),
      byHand(kernels.finish, whole(update, sums, flags, lossSum, control)),
      byHand(
        kernels.adamw,
        whole(update, control, blocks.gradients, blocks.parameters, blocks.firstMoment, blocks.secondMoment),
      ),
    ]),
    Promise.all([
      ...[...train.gradients].map(([name, node]) =>
        byHand(accumulateKernel(lengths.get(name)!), [resource(node), gradientOf(name)]),
      ),
      ...(loss ? [byHand(accumulateLossKernel, [resource(loss), ...whole(lossScale(), lossSum)])] : []),
    ]),
  ]);
  return { accumulate, finish };
}

async function planByHand(
  device: GPUDevice,
  kernel: UpdateKernel,
  buffers: readonly GPUBufferBinding[],
): Promise<PlannedDispatch> {
  const dispatch = { ...kernel, extents: {}, bindings: [], workgroups: () => kernel.workgroups };
  const pipeline = await pipelineFor(device, dispatch, []);
  return {
    label: kernel.label,
    pipeline,
    // The uniform `step` is declared by the prelude and read by none of these kernels.
    bindGroup: makeBindGroup(device, kernel.label, pipeline, [null, ...buffers]),
    workgroups: () => kernel.workgroups,
    flops: () => 0,
  };
}
