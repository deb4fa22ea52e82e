/**
 * The bytes that a run will hold on ONNX Runtime, by kind, from its programs alone: what the form shows and what refuses a run
 * that cannot fit. Its heap is a wasm module's, of 32-bit addresses, and never shrinks; what enters and leaves it in a step is
 * also outside of it. The library plans its own buffers: for these the figures are an estimate, tested to be no less than measured.
 */
import { StudioError } from '../errors';
import { type Extents, type OpNode, rowCount } from '../graph/graph';
import { planBuffers } from '../graph/liveness';
import type { Program } from '../graph/program';
import { withoutCopies } from '../graph/recompute';
import { frozenLeaves, type MemoryLimits, type TrainingPrograms } from './executor';
import { inputLeaves, type MemoryPlan } from './memory-plan';

/** Of a padded grid of attention at the same time beside those that are kept: scores, their gradient, two masked ones. */
const passingGrids = 4;

/**
 * Scores of attention, in groups of like length, over those of as many texts that are all as long as the average: batches of
 * 32 rows of Rotten Tomatoes.
 */
const unevenness = 1.6;

/** Parameters, two moments and gradients, into a step and out of it, and what AdamW has of them in between: measured. */
const blocksInHeap = 13;

/** The same four, where a step's values are kept. */
const blocksOutside = 4;

/** The library's own, and what its arenas are larger than what is in them: measured. */
const ownBytes = 32e6;
const arenaSlack = 0.15;

interface HeapPlan extends Omit<MemoryPlan, 'largestBufferBytes'> {
  /** In ONNX Runtime. */
  readonly heapBytes: number;
}

export function planHeap({
  programs,
  largest,
}: {
  readonly programs: TrainingPrograms;
  readonly largest: Extents;
}): HeapPlan {
  const sum = (words: readonly number[]) => words.reduce((total, n) => total + n, 0);
  const frozen = sum(frozenLeaves(programs).map(({ shape }) => Number(shape.rows) * shape.cols));
  // Each of the two models has an arena of its own, which it keeps. What is to be computed again is kept all the same.
  const models = [programs.train, programs.evaluate].map(withoutCopies);
  const values = sum(models.flatMap((program) => planBuffers(program, largest).sizes));
  const grids = sum(models.map((program) => attentionFloats(program, largest)));
  const inputs = sum(inputLeaves(programs).map(({ shape }) => rowCount(shape.rows, largest) * shape.cols));
  const block = programs.parameters.totalFloats;
  // Weights and inputs are once in the heap and once outside of it.
  const used = 4 * (frozen + values + grids + inputs + blocksInHeap * block);
  const outside = 4 * (frozen + inputs + blocksOutside * block);
  const kinds = {
    frozenBytes: 4 * 2 * frozen,
    activationBytes: 4 * (values + grids),
    parameterBytes: 4 * (blocksInHeap + blocksOutside) * block,
    inputBytes: 4 * 2 * inputs,
    scratchBytes: ownBytes + arenaSlack * used,
  };
  const heapBytes = used + kinds.scratchBytes;
  return { ...kinds, heapBytes, totalBytes: heapBytes + outside };
}

/**
 * Probabilities and dropout factors of each attention, [B, nH, T, K], kept from the forward pass to the backward one. T is taken
 * as the average, of uneven texts as usual ones are: what others need more is known only when they come.
 */
function attentionFloats({ nodes }: Program, { tokens, sequences }: Extents): number {
  const length = Math.ceil(tokens / sequences);
  const grid = ({ attributes }: OpNode) =>
    unevenness * sequences * Number(attributes.heads) * length * (length + Number(attributes.prefix ?? 0));
  const forward = nodes.filter(({ op }) => op.name === 'attention');
  const largestGrid = Math.max(0, ...forward.map(grid));
  const kept = forward.reduce((total, node) => total + grid(node) * (node.attributes.rate ? 3 : 1), 0);
  return kept + passingGrids * largestGrid;
}

/** Why a run does not fit, as a `StudioError` `out-of-memory` with its figures; null where it does. */
export function heapProblem({ heapBytes, totalBytes }: HeapPlan, limits: MemoryLimits): StudioError | null {
  if (heapBytes <= limits.totalBytes) return null;
  const mega = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MiB`;
  return new StudioError(
    'out-of-memory',
    `This run needs ${mega(totalBytes)} of memory, ${mega(heapBytes)} of it in ONNX Runtime, which can hold ${mega(limits.totalBytes)}.`,
    'Choose a smaller batch size, max length or base model, or WebGPU as the executor.',
  );
}
