/**
 * Reverse-mode autodiff as a rewrite of the graph: appends the gradient nodes and returns them. The walk visits only
 * what lies between the loss and a trainable leaf, so a frozen base costs no weight gradients and the backward stops
 * below the lowest adapter.
 */
import { invariant } from '../errors';
import type { GraphBuilder, LeafNode, Node, OpNode } from './graph';
import type { Op } from './op';

/**
 * Gradients of `loss` [1, 1], times `seed` [1, 1], for every trainable leaf it depends on.
 * `add` sums the contributions of a value that is used more than once.
 */
export function grad(graph: GraphBuilder, loss: Node, seed: Node, add: Op): ReadonlyMap<LeafNode, Node> {
  const forward = [...graph.nodes];
  const reaches = new Set<Node>(graph.leaves.filter((leaf) => leaf.kind === 'trainable'));
  for (const node of forward) if (node.inputs.some((input) => reaches.has(input))) reaches.add(node);
  invariant(reaches.has(loss), 'grad: the loss depends on no trainable leaf');

  const gradients = new Map<Node, Node>([[loss, seed]]);
  const accumulate = (node: Node, gradient: Node, name: string) => {
    const sum = gradients.get(node);
    gradients.set(node, sum ? graph.apply(add, [sum, gradient], {}, name) : gradient);
  };
  for (const node of forward.reverse()) {
    const dOut = gradients.get(node);
    if (!dOut || !reaches.has(node)) continue;
    propagate(graph, node, dOut, reaches, accumulate);
  }
  const trainable = graph.leaves.filter((leaf) => leaf.kind === 'trainable' && gradients.has(leaf));
  return new Map(trainable.map((leaf) => [leaf, gradients.get(leaf)!]));
}

function propagate(
  graph: GraphBuilder,
  node: OpNode,
  dOut: Node,
  reaches: ReadonlySet<Node>,
  accumulate: (node: Node, gradient: Node, name: string) => void,
): void {
  const { backward } = node.op;
  invariant(backward, `grad: op ${node.op.name} (${node.name}) has no backward`);
  const wants = node.inputs.map((input) => reaches.has(input));
  const before = graph.nodes.length;
  const inputGradients = backward(node, dOut, wants, graph);
  invariant(
    inputGradients.length === node.inputs.length,
    `grad: ${node.op.name} returned ${inputGradients.length} gradients`,
  );
  invariant(graph.nodes.length >= before, 'grad: backward only appends');
  node.inputs.forEach((input, i) => {
    const gradient = inputGradients[i];
    if (wants[i] && gradient) accumulate(input, gradient, `${node.name}.dSum`);
  });
}
