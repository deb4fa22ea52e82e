/**
 * Liveness and buffer assignment for a static plan: greedy reuse of whole buffers. Knows sizes and order; knows nothing
 * of WebGPU.
 */
import { type Extents, type Node, rowCount } from './graph';
import type { Program } from './program';

export interface BufferPlan {
  /** Floats of each buffer at the largest batch. */
  readonly sizes: readonly number[];
  /** Buffer index of each op node's value. */
  readonly assignment: ReadonlyMap<Node, number>;
  /** Floats that would be needed if nothing were reused. */
  readonly unsharedFloats: number;
}

/**
 * Assigns a buffer to every op node so that no two live values share one. Outputs and gradients stay live to the end.
 * A node never writes into a buffer that one of its inputs still occupies (WebGPU forbids read and read_write of one
 * buffer in one dispatch).
 */
export function planBuffers(program: Program, largest: Extents): BufferPlan {
  const lastUse = new Map<Node, number>();
  program.nodes.forEach((node, i) => {
    for (const input of node.inputs) lastUse.set(input, i);
  });
  const end = program.nodes.length;
  for (const node of [...Object.values(program.outputs), ...program.gradients.values()])
    lastUse.set(node, end);

  const sizes: number[] = [];
  const free: number[] = [];
  const expiring = new Map<number, number[]>();
  const assignment = new Map<Node, number>();
  let unsharedFloats = 0;

  program.nodes.forEach((node, i) => {
    const floats = Math.max(1, rowCount(node.shape.rows, largest) * node.shape.cols);
    unsharedFloats += floats;
    const index = takeBuffer(sizes, free, floats);
    assignment.set(node, index);
    const last = lastUse.get(node) ?? i;
    if (last < end) expiring.set(last, [...(expiring.get(last) ?? []), index]);
    free.push(...(expiring.get(i) ?? []));
    expiring.delete(i);
  });
  return { sizes, assignment, unsharedFloats };
}

/** Best fit among the free buffers; else the largest free one grows; else a new one. */
function takeBuffer(sizes: number[], free: number[], floats: number): number {
  let best = -1;
  let largest = -1;
  for (let k = 0; k < free.length; k++) {
    const size = sizes[free[k]!]!;
    if (size >= floats && (best < 0 || size < sizes[free[best]!]!)) best = k;
    if (largest < 0 || size > sizes[free[largest]!]!) largest = k;
  }
  const chosen = best >= 0 ? best : largest;
  if (chosen < 0) return sizes.push(floats) - 1;
  const [index] = free.splice(chosen, 1);
  sizes[index!] = Math.max(sizes[index!]!, floats);
  return index!;
}
