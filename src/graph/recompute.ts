/**
 * Gradient checkpointing (Chen et al. 2016, arXiv:1604.06174) as a rewrite of a program: inner values of a segment of the
 * forward pass are not kept for the backward pass but computed again, right before it reads them, from what the segment got.
 * Knows nodes and their order; what a segment is (a layer) the caller says.
 */
import type { Node, OpNode } from './graph';
import type { Program } from './program';

/**
 * `program` has the output `loss`; the forward pass is what the loss depends on. `segmentOf` names the segment of a forward
 * node, null for one that is kept. The same values come from the same ops with the same attributes, so every gradient keeps
 * its bits: dropout draws by its site's name.
 */
export function recomputeSegments(program: Program, segmentOf: (node: OpNode) => string | null): Program {
  const forward = forwardNodes(program);
  const inner = innerNodes(program, forward, segmentOf);
  const readers = program.nodes.filter((node) => !forward.has(node));
  const nodes = program.nodes.filter((node) => forward.has(node));
  let nextId = Math.max(...program.nodes.map(({ id }) => id)) + 1;
  const copies = new Map<Node, Node>();
  /** The node as it is in the new program; an inner one is computed again where it was not yet. */
  const renewed = (node: Node): Node => {
    const known = copies.get(node);
    if (known) return known;
    if (node.kind !== 'op' || !inner.has(node)) return node;
    const copy = withInputs(node, node.inputs.map(renewed), nextId++);
    nodes.push(copy);
    copies.set(node, copy);
    return copy;
  };
  for (const reader of readers) {
    const node = withInputs(reader, reader.inputs.map(renewed), reader.id);
    nodes.push(node);
    copies.set(reader, node);
  }
  return {
    ...program,
    nodes,
    gradients: new Map([...program.gradients].map(([name, node]) => [name, copies.get(node) ?? node])),
  };
}

/** Equal ops on equal inputs are one node again: what an executor computes that merges them by itself, as ONNX Runtime does. */
export function withoutCopies(program: Program): Program {
  const firsts = new Map<string, OpNode>();
  const merged = new Map<Node, Node>();
  const of = (node: Node): Node => merged.get(node) ?? node;
  for (const node of program.nodes) {
    const inputs = node.inputs.map(of);
    const key = JSON.stringify([node.op.name, node.attributes, inputs.map(({ id }) => id)]);
    const first = firsts.get(key) ?? withInputs(node, inputs, node.id);
    firsts.set(key, first);
    merged.set(node, first);
  }
  return {
    ...program,
    nodes: [...firsts.values()],
    outputs: Object.fromEntries(Object.entries(program.outputs).map(([name, node]) => [name, of(node)])),
    gradients: new Map([...program.gradients].map(([name, node]) => [name, of(node)])),
  };
}

const withInputs = (node: OpNode, inputs: readonly Node[], id: number): OpNode => ({ ...node, id, inputs });

function forwardNodes({ outputs }: Program): ReadonlySet<Node> {
  const forward = new Set<Node>();
  const stack: Node[] = Object.values(outputs);
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (forward.has(node)) continue;
    forward.add(node);
    if (node.kind === 'op') stack.push(...node.inputs);
  }
  return forward;
}

/**
 * Nodes of a segment whose forward readers are all in it. Of the last segment none: its backward comes first, while its values
 * are there.
 */
function innerNodes(
  { nodes, outputs }: Program,
  forward: ReadonlySet<Node>,
  segmentOf: (node: OpNode) => string | null,
): ReadonlySet<Node> {
  const segments = new Map<Node, string>();
  let last = '';
  for (const node of nodes) {
    const segment = forward.has(node) ? segmentOf(node) : null;
    if (segment === null) continue;
    segments.set(node, segment);
    last = segment;
  }
  const inner = new Set([...segments].flatMap(([node, segment]) => (segment === last ? [] : [node])));
  for (const output of Object.values(outputs)) inner.delete(output);
  for (const reader of nodes) {
    if (!forward.has(reader)) continue;
    for (const input of reader.inputs) if (segments.get(input) !== segments.get(reader)) inner.delete(input);
  }
  return inner;
}
