/**
 * A program on a device: for every node its kernels, pipelines and bind groups, made once; afterwards a step only sets
 * them and dispatches.
 */
import { invariant } from '../../errors';
import { type Extents, type Node, type OpNode, rowCount } from '../../graph/graph';
import type { Program } from '../../graph/program';
import type { KernelBinding, KernelVariant } from '../../lower/webgpu/kernel';
import { scratchOf } from '../memory-plan';
import { pipelineFor } from './pipelines';

/** One dispatch, ready to encode. */
export interface PlannedDispatch {
  readonly label: string;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: (extents: Extents) => readonly [number, number, number];
  /** Cost model: arithmetic of the node, shared equally by its dispatches. */
  readonly flops: (extents: Extents) => number;
}

/** Where the values of a program live. */
export interface ProgramMemory {
  readonly step: GPUBuffer;
  /** The buffer (or part of one) that holds a node's value. */
  readonly resource: (node: Node) => GPUBufferBinding;
  /** Scratch memory number `index` of at least so many floats; shared by all nodes, which run one after another. */
  readonly scratch: (index: number, floats: number) => GPUBuffer;
}

export interface PlanRequest {
  readonly program: Program;
  readonly largest: Extents;
  readonly variantOf: (node: OpNode) => KernelVariant;
}

/** Compiles what is new; `onPipeline` is told once for every dispatch. */
export async function planProgram(
  device: GPUDevice,
  { program, largest, variantOf }: PlanRequest,
  memory: ProgramMemory,
  onPipeline: () => void,
): Promise<readonly PlannedDispatch[]> {
  const planned = program.nodes.map(async (node): Promise<readonly PlannedDispatch[]> => {
    const variant = variantOf(node);
    const scratch = scratchOf(variant);
    return Promise.all(
      variant.dispatches.map(async (dispatch) => {
        const pipeline = await pipelineFor(device, dispatch, variant.requires);
        onPipeline();
        const resource = (binding: KernelBinding): GPUBufferBinding => {
          if (binding.kind === 'output') return memory.resource(node);
          if (binding.kind === 'scratch')
            return { buffer: memory.scratch(scratch.indexOf(binding), binding.floats(largest)) };
          const input = node.inputs[binding.index];
          invariant(
            input,
            `${dispatch.label} of ${node.name} binds input ${binding.index} of ${node.inputs.length}`,
          );
          return memory.resource(input);
        };
        const resources = [{ buffer: memory.step }, ...dispatch.bindings.map(resource)];
        return {
          label: `${node.name} ${dispatch.label}`,
          pipeline,
          bindGroup: makeBindGroup(
            device,
            node.name,
            pipeline,
            dispatchUsesStep(dispatch) ? resources : [null, ...resources.slice(1)],
          ),
          workgroups: dispatch.workgroups,
          flops: (extents: Extents) => flopsOf(node, extents) / variant.dispatches.length,
        };
      }),
    );
  });
  return (await Promise.all(planned)).flat();
}

/** An unused binding is not part of an automatic layout: the uniform is there only where the text reads it. */
function dispatchUsesStep({
  extents,
  wgsl,
}: {
  readonly extents: Readonly<Record<string, unknown>>;
  readonly wgsl: string;
}): boolean {
  return Object.values(extents).some((rows) => typeof rows === 'string') || wgsl.includes('step.');
}

/** Null leaves a binding out. */
export function makeBindGroup(
  device: GPUDevice,
  label: string,
  pipeline: GPUComputePipeline,
  resources: readonly (GPUBufferBinding | null)[],
): GPUBindGroup {
  const entries = resources.flatMap((resource, binding) => (resource ? [{ binding, resource }] : []));
  return device.createBindGroup({ label, layout: pipeline.getBindGroupLayout(0), entries });
}

function flopsOf(node: OpNode, extents: Extents): number {
  const shapes = node.inputs.map(({ shape }) => [rowCount(shape.rows, extents), shape.cols] as const);
  return node.op.flops(shapes, rowCount(node.shape.rows, extents), node.shape.cols, extents);
}
