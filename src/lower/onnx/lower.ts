/** A program of the op-graph as operators of an ONNX graph. */
import { invariant } from '../../errors';
import type { LeafNode, Node } from '../../graph/graph';
import type { Program } from '../../graph/program';
import { GroupedSequences } from './grouped-sequences';
import type { Grids, HostInput, OnnxLowering } from './lowering';
import type { Dimension, OnnxGraph, Value } from './onnx-graph';
import { onnxLowerings } from './registry';
import { Sequences } from './sequences-of-batch';

export interface LoweringOptions {
  /** In the place of the registered ones, by the op's name. */
  readonly lowerings?: Readonly<Record<string, OnnxLowering>>;
  /** Where the batch's sequences lie, for who knows more of it than `layout` says. */
  readonly sequences?: Sequences & Grids;
}

export interface LoweredProgram {
  /** The value of any node or leaf of the program. */
  readonly result: (node: Node) => Value;
  readonly hostInputs: readonly HostInput[];
}

/**
 * Appends the program to `graph`. `leafValue` says where a leaf's matrix [rows, cols] comes from; u32 leaves are int32.
 * The program must have the leaf `layout` where an op asks for the batch's sequences.
 */
export function lowerProgram(
  graph: OnnxGraph,
  program: Program,
  leafValue: (leaf: LeafNode) => Value,
  options: LoweringOptions = {},
): LoweredProgram {
  const values = new Map<Node, Value>();
  const hostInputs = new Map<string, HostInput>();
  for (const leaf of program.leaves) values.set(leaf, leafValue(leaf));
  const result = (node: Node) => {
    const value = values.get(node);
    invariant(value !== undefined, `onnx: ${node.name} is not in the program`);
    return value;
  };
  const hostInput = (input: HostInput): Value => {
    hostInputs.set(input.name, input);
    return graph.input(input.name, input.type, anyDims(input));
  };
  const layout = () => layoutOf(program, values) ?? graph.input('layout', 'i32', ['sequences', 4]);
  const sequences = options.sequences ?? new Sequences(graph, layout());
  const grids = options.sequences ?? new GroupedSequences(graph, hostInput);
  for (const node of program.nodes) {
    const lowering = options.lowerings?.[node.op.name] ?? onnxLowerings[node.op.name];
    invariant(lowering, `onnx: op ${node.op.name} (${node.name}) has no lowering`);
    const inputs = node.inputs.map(result);
    values.set(
      node,
      graph.scope(node.name, () => lowering({ node, inputs, graph, sequences, grids, hostInput })),
    );
  }
  return { result, hostInputs: [...hostInputs.values()] };
}

function layoutOf({ leaves }: Program, values: ReadonlyMap<Node, Value>): Value | undefined {
  const leaf = leaves.find(({ name }) => name === 'layout');
  return leaf && values.get(leaf);
}

/** Every dimension of a host input may differ from batch to batch. */
function anyDims({ name, dims }: HostInput): readonly Dimension[] {
  const rank = dims({ tokens: 1, sequences: 1, seed: 0, microStep: 0 }, Uint32Array.of(0, 1, 1, 0)).length;
  return Array.from({ length: rank }, (_, axis) => `${name}.${axis}`);
}
