/**
 * A program as text: programs of one text are one computation on leaves of the same names, wherever each was built, so that what
 * an executor made of one serves the other.
 */
import { invariant } from '../errors';
import type { Node } from './graph';
import type { Program } from './program';

export function programText({ leaves, nodes, outputs, gradients }: Program): string {
  const places = new Map<Node, number>([...leaves, ...nodes].map((node, place) => [node, place]));
  const placeOf = (node: Node) => {
    const place = places.get(node);
    invariant(place !== undefined, `program: ${node.name} is not one of its nodes`);
    return place;
  };
  return JSON.stringify([
    leaves.map(({ kind, name, shape, dtype }) => [kind, name, shape.rows, shape.cols, dtype]),
    // Names too: a dropout site draws by its own.
    nodes.map(({ op, inputs, attributes, name }) => [op.name, inputs.map(placeOf), attributes, name]),
    Object.entries(outputs).map(([name, node]) => [name, placeOf(node)]),
    [...gradients].map(([name, node]) => [name, placeOf(node)]),
  ]);
}
