/**
 * A program: the nodes that some outputs need, in execution order, with the leaves they read. What executors take.
 */
import type { GraphBuilder, LeafNode, Node, OpNode } from './graph';

export interface Program {
  readonly nodes: readonly OpNode[];
  readonly leaves: readonly LeafNode[];
  readonly outputs: Readonly<Record<string, Node>>;
  /** Gradient of each trainable leaf by its name; added to the flat gradient block after the nodes ran. */
  readonly gradients: ReadonlyMap<string, Node>;
}

/** Keeps what `outputs` and `gradients` depend on, in creation order; everything else is dropped. */
export function makeProgram(
  graph: GraphBuilder,
  outputs: Readonly<Record<string, Node>>,
  gradients: ReadonlyMap<LeafNode, Node> = new Map(),
): Program {
  const needed = new Set<Node>();
  const visit = (root: Node) => {
    const stack = [root];
    for (let node = stack.pop(); node; node = stack.pop()) {
      if (needed.has(node)) continue;
      needed.add(node);
      if (node.kind === 'op') stack.push(...node.inputs);
    }
  };
  for (const node of Object.values(outputs)) visit(node);
  for (const node of gradients.values()) visit(node);
  return {
    nodes: graph.nodes.filter((node) => needed.has(node)),
    leaves: graph.leaves.filter((leaf) => needed.has(leaf)),
    outputs,
    gradients: new Map([...gradients].map(([leaf, node]) => [leaf.name, node])),
  };
}
