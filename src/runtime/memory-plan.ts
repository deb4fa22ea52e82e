/**
 * The bytes of device memory that a run will hold, by kind, from its programs alone: no device is asked. What the form
 * shows, what refuses a run that cannot fit, and what a session then allocates are these numbers.
 */
import { StudioError } from '../errors';
import type { Storage } from '../graph/frozen';
import { type Extents, type LeafNode, type Node, type OpNode, rowCount } from '../graph/graph';
import { type BufferPlan, planBuffers } from '../graph/liveness';
import type { KernelBinding, KernelVariant, StorageOf } from '../lower/webgpu/kernel';
import { packedWords } from '../lower/webgpu/packing';
import { loweringOf } from '../lower/webgpu/registry';
import { frozenLeaves, type MemoryLimits, type TrainingPrograms } from './executor';

export interface MemoryPlan {
  /** Weights that do not train, as they are stored. */
  readonly frozenBytes: number;
  /** Values of nodes, which share buffers. */
  readonly activationBytes: number;
  /** Parameters, gradients and both moments. */
  readonly parameterBytes: number;
  /** Embeddings, layouts and labels of a batch. */
  readonly inputBytes: number;
  /** Partial sums of single operations. */
  readonly scratchBytes: number;
  readonly totalBytes: number;
  /** The largest buffer: adapters limit each. */
  readonly largestBufferBytes: number;
}

/** What is planned: the programs, the largest batch, and how a frozen tensor's values are stored. */
export interface PlannedRun {
  readonly programs: TrainingPrograms;
  readonly largest: Extents;
  readonly frozen: { storage(name: string): Storage };
}

/**
 * How each leaf is stored on the device: as compactly as its source allows where every reader can read it so, else in
 * float32. One leaf has one storage in both programs.
 */
export function storageOfLeaves({ programs, frozen }: Pick<PlannedRun, 'programs' | 'frozen'>): StorageOf {
  const readWhole = new Set<string>();
  for (const program of [programs.train, programs.evaluate]) {
    for (const { op, inputs } of program.nodes)
      inputs.forEach((input, i) => {
        if (input.kind === 'frozen' && loweringOf(op).compactInput !== i) readWhole.add(input.name);
      });
  }
  return (node) => (node.kind === 'frozen' && !readWhole.has(node.name) ? frozen.storage(node.name) : 'f32');
}

/** Slots that serve both programs, which never run at the same time, and which slot each node has. */
export function planActivations({ programs, largest }: Pick<PlannedRun, 'programs' | 'largest'>): {
  readonly slotFloats: readonly number[];
  readonly slotOf: ReadonlyMap<Node, number>;
} {
  const plans = [planBuffers(programs.train, largest), planBuffers(programs.evaluate, largest)];
  return {
    slotFloats: elementwiseLargest(plans.map(({ sizes }: BufferPlan) => sizes)),
    slotOf: new Map(plans.flatMap(({ assignment }) => [...assignment])),
  };
}

/** Floats that each scratch buffer needs, where nodes are computed by these variants. */
export function scratchSizes(
  { programs, largest }: Pick<PlannedRun, 'programs' | 'largest'>,
  variantsOf: (node: OpNode) => readonly KernelVariant[],
): readonly number[] {
  const variants = [programs.train, programs.evaluate].flatMap(({ nodes }) => nodes.flatMap(variantsOf));
  return elementwiseLargest(
    variants.map((variant) => scratchOf(variant).map(({ floats }) => floats(largest))),
  );
}

type Scratch = Extract<KernelBinding, { kind: 'scratch' }>;

/** Scratch memory of a variant; one that several dispatches bind counts once. */
export function scratchOf({ dispatches }: KernelVariant): readonly Scratch[] {
  const all = dispatches.flatMap(({ bindings }) =>
    bindings.filter((b): b is Scratch => b.kind === 'scratch'),
  );
  return [...new Set(all)];
}

/** Input leaves of both programs, each once. */
export function inputLeaves({ train, evaluate }: TrainingPrograms): readonly LeafNode[] {
  const leaves = [...train.leaves, ...evaluate.leaves].filter((leaf) => leaf.kind === 'input');
  return [...new Map(leaves.map((leaf) => [leaf.name, leaf])).values()];
}

/** Words of a frozen leaf in its storage. */
export function frozenWords({ shape }: LeafNode, storage: Storage): number {
  return packedWords(storage, shape.rows as number, shape.cols);
}

export function planMemory(run: PlannedRun): MemoryPlan {
  const { programs, largest } = run;
  const storageOf = storageOfLeaves(run);
  const frozen = frozenLeaves(programs).map((leaf) => frozenWords(leaf, storageOf(leaf)));
  const { slotFloats } = planActivations(run);
  const block = programs.parameters.totalFloats;
  const inputs = inputLeaves(programs).map(({ shape }) => rowCount(shape.rows, largest) * shape.cols);
  const scratch = scratchSizes(run, (node) => loweringOf(node.op).kernels(node, storageOf));
  const bytes = (words: readonly number[]) => 4 * words.reduce((sum, n) => sum + n, 0);
  const kinds = {
    frozenBytes: bytes(frozen),
    activationBytes: bytes(slotFloats),
    parameterBytes: bytes([block, block, block, block]),
    inputBytes: bytes(inputs),
    scratchBytes: bytes(scratch),
  };
  return {
    ...kinds,
    totalBytes: Object.values(kinds).reduce((sum, n) => sum + n, 0),
    largestBufferBytes:
      4 * [...frozen, ...slotFloats, block, ...inputs, ...scratch].reduce((a, b) => Math.max(a, b), 0),
  };
}

/** Why a run does not fit, as a `StudioError` `out-of-memory` with its figures; null where it does. */
export function memoryProblem(
  { largestBufferBytes, totalBytes, activationBytes }: MemoryPlan,
  { bufferBytes: bufferLimit, totalBytes: totalLimit }: MemoryLimits,
): StudioError | null {
  const mega = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  const remedy =
    'Choose a smaller batch size or max length, or under Advanced to recompute layers or to store the base model in int8.';
  if (largestBufferBytes > bufferLimit)
    return new StudioError(
      'out-of-memory',
      `This run needs a buffer of ${mega(largestBufferBytes)} (${mega(totalBytes)} in all); this graphics adapter allows ${mega(bufferLimit)} a buffer.`,
      remedy,
    );
  if (totalBytes > totalLimit)
    return new StudioError(
      'out-of-memory',
      `This run needs ${mega(totalBytes)} of graphics memory, ${mega(activationBytes)} of it for activations; half of this machine’s memory, which its software adapter may take, is ${mega(totalLimit)}.`,
      remedy,
    );
  return null;
}

function elementwiseLargest(lists: readonly (readonly number[])[]): readonly number[] {
  const sizes: number[] = [];
  for (const list of lists) {
    list.forEach((floats, i) => {
      sizes[i] = Math.max(sizes[i] ?? 0, floats);
    });
  }
  return sizes;
}
