/** WGSL of Kronecker sums and block products. The matrices are an adapter's weights: small, so one output an invocation. */
import type { OpNode } from '../../../graph/graph';
import { elementwise } from '../elementwise';
import { u32 } from '../grid';
import blockMatmulWgsl from './blockMatmul.wgsl?raw';
import gradRuleWgsl from './kroneckerGradRule.wgsl?raw';
import gradWeightWgsl from './kroneckerGradWeight.wgsl?raw';
import sumWgsl from './kroneckerSum.wgsl?raw';

interface Matrix {
  readonly rows: number;
  readonly cols: number;
}

/** Sizes of one block: rule_t [A, B], W_t [C, D]. */
function sizes(node: OpNode, rule: Matrix, weight: Matrix) {
  const blocks = Number(node.attributes.blocks);
  return {
    BLOCKS: u32(blocks),
    A: u32(rule.rows / blocks),
    B: u32(rule.cols),
    C: u32(weight.rows / blocks),
    D: u32(weight.cols),
  };
}

const shapeOf = ({
  shape,
}: {
  readonly shape: { readonly rows: unknown; readonly cols: number };
}): Matrix => ({
  rows: Number(shape.rows),
  cols: shape.cols,
});

export const kroneckerSumKernels = (node: OpNode) =>
  elementwise(node, {
    wgsl: sumWgsl,
    constants: sizes(node, shapeOf(node.inputs[0]!), shapeOf(node.inputs[1]!)),
  });

export const kroneckerGradRuleKernels = (node: OpNode) =>
  elementwise(node, { wgsl: gradRuleWgsl, constants: sizes(node, shapeOf(node), shapeOf(node.inputs[1]!)) });

export const kroneckerGradWeightKernels = (node: OpNode) =>
  elementwise(node, {
    wgsl: gradWeightWgsl,
    constants: sizes(node, shapeOf(node.inputs[1]!), shapeOf(node)),
  });

export function blockMatmulKernels(node: OpNode) {
  const [a, b] = node.inputs.map(shapeOf) as [Matrix, Matrix];
  const { blocks, transposeA, transposeB } = node.attributes;
  const p = Number(blocks);
  return elementwise(node, {
    wgsl: blockMatmulWgsl,
    constants: {
      BLOCK_ROWS: u32(Number(node.shape.rows) / p),
      INNER: u32(transposeA ? a.rows / p : a.cols),
      A_BLOCK: u32((a.rows / p) * a.cols),
      A_ROW: u32(transposeA ? 1 : a.cols),
      A_INNER: u32(transposeA ? a.cols : 1),
      B_BLOCK: u32((b.rows / p) * b.cols),
      B_INNER: u32(transposeB ? 1 : b.cols),
      B_COL: u32(transposeB ? b.cols : 1),
    },
  });
}
