/**
 * Products with broadcasting: y = x ⊙ factor, factor repeated along what it lacks. IA³'s vectors, learned scalings, gates
 * and the magnitudes of DoRA are all this.
 *
 * x [M, N]; by `mode`, factor is [M, N] (`element`), [1, N] (`row`, one number a column), [M, 1] (`column`, one a row),
 * [1, 1] (`scalar`) or [B, 1] (`sequence`, one a sequence). In mode `sequence` x has token rows (attribute `block` 0) or
 * `block` rows a sequence, and the layouts follow as inputs: tokenLayout u32 [M, 4], layout u32 [B, 4].
 * Backward: dX = dY ⊙ factor; dFactor = (x ⊙ dY) summed over what was repeated.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node, type OpNode, type Shape } from '../../graph/graph';
import type { Op } from '../../graph/op';
import { columnSum } from '../columnSum/columnSum';
import { rowDot } from '../rowDot/rowDot';
import { blockOf, sequenceSum } from '../sequences/sequences';

export type ScaleMode = 'element' | 'row' | 'column' | 'scalar' | 'sequence';

function factorShape(mode: ScaleMode, x: Shape): Shape {
  switch (mode) {
    case 'element':
      return x;
    case 'row':
      return { rows: 1, cols: x.cols };
    case 'column':
      return { rows: x.rows, cols: 1 };
    case 'scalar':
      return { rows: 1, cols: 1 };
    case 'sequence':
      return { rows: 'sequences', cols: 1 };
  }
}

export const scale: Op = {
  name: 'scale',

  infer([x, factor], { mode }) {
    const expected = factorShape(mode as ScaleMode, x!);
    const fits = factor!.rows === expected.rows && factor!.cols === expected.cols;
    invariant(fits, `scale by ${mode}: x ${formatShape(x!)} factor ${formatShape(factor!)}`);
    return x!;
  },

  backward(node, dOut, wants, graph) {
    const [, factor, ...layouts] = node.inputs as [Node, Node, ...Node[]];
    const dX = wants[0]
      ? graph.apply(scale, [dOut, factor, ...layouts], node.attributes, `${node.name}.dX`)
      : null;
    const dFactor = wants[1] ? factorGradient(graph, node, dOut) : null;
    return [dX, dFactor, ...layouts.map(() => null)];
  },

  reference({ inputs: [x, factor, tokenLayout], attributes: { mode, block }, rows, cols, out }) {
    for (let i = 0; i < rows; i++) {
      const sequence = block ? Math.floor(i / Number(block)) : tokenLayout?.[4 * i];
      for (let j = 0; j < cols; j++) {
        const index = { element: i * cols + j, row: j, column: i, scalar: 0, sequence }[mode as ScaleMode];
        out[i * cols + j] = x![i * cols + j]! * factor![index!]!;
      }
    }
  },

  flops: (_inputs, rows, cols) => rows * cols,
};

function factorGradient(graph: GraphBuilder, { inputs, attributes, name }: OpNode, dOut: Node): Node {
  const [x, , ...layouts] = inputs as [Node, Node, ...Node[]];
  const product = () => graph.apply(scale, [x, dOut], { mode: 'element' }, `${name}.product`);
  const dot = () => graph.apply(rowDot, [x, dOut], {}, `${name}.rowDot`);
  switch (attributes.mode as ScaleMode) {
    case 'element':
      return product();
    case 'row':
      return graph.apply(columnSum, [product()], {}, `${name}.dFactor`);
    case 'column':
      return dot();
    case 'scalar':
      return graph.apply(columnSum, [dot()], {}, `${name}.dFactor`);
    case 'sequence':
      return graph.apply(
        sequenceSum,
        [dot(), ...layouts],
        { mean: false, block: attributes.block! },
        `${name}.dFactor`,
      );
  }
}

/** x · factor, a constant of the model: x [M, N] → [M, N]. Its backward is itself. */
export const scaleBy: Op = {
  name: 'scaleBy',
  infer: ([x]) => x!,
  backward: (node, dOut, _wants, graph) => [graph.apply(scaleBy, [dOut], node.attributes, `${node.name}.dX`)],
  reference({ inputs: [x], attributes, out }) {
    for (let i = 0; i < out.length; i++) out[i] = x![i]! * Number(attributes.factor);
  },
  flops: (_inputs, rows, cols) => rows * cols,
};

/** A factor of 1 adds no node. */
export function timesConstant(graph: GraphBuilder, x: Node, factor: number, name: string): Node {
  return factor === 1 ? x : graph.apply(scaleBy, [x], { factor }, name);
}

export function multiply(
  graph: GraphBuilder,
  x: Node,
  factor: Node,
  mode: Exclude<ScaleMode, 'sequence'>,
  name: string,
): Node {
  return graph.apply(scale, [x, factor], { mode }, name);
}

/** x with token rows or P rows a sequence, factor [B, 1]. */
export function multiplySequences(
  graph: GraphBuilder,
  x: Node,
  factor: Node,
  { tokenLayout, layout }: { readonly tokenLayout: Node; readonly layout: Node },
  name: string,
): Node {
  const attributes = { mode: 'sequence', block: blockOf(x) };
  return graph.apply(scale, [x, factor, tokenLayout, layout], attributes, name);
}
