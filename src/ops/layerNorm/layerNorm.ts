/**
 * LayerNorm over columns, of x or of x + residual. Ba et al. 2016, arXiv:1607.06450.
 *
 * x [M, D], residual [M, D], gamma [1, D], beta [1, D] → y [M, D]:
 *   s = x + residual;  y = (s − mean(s)) · rstd(s) · gamma + beta,  rstd = 1 / sqrt(var + eps), var with denominator D.
 * The backward recomputes mean and rstd from s instead of keeping them:
 *   g = dY · gamma;  dS = rstd · (g − mean(g) − ŝ · mean(g · ŝ));  dX = dResidual = dS.
 *   dGamma = Σ_rows dY · ŝ;  dBeta = Σ_rows dY.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node } from '../../graph/graph';
import type { Op } from '../../graph/op';
import { columnSum } from '../columnSum/columnSum';

export const layerNorm: Op = {
  name: 'layerNorm',

  infer(inputs, { residual }) {
    const [x] = inputs;
    const [gamma, beta] = inputs.slice(residual ? 2 : 1);
    const constant = [gamma!, beta!].every((p) => p.rows === 1 && p.cols === x!.cols);
    invariant(
      constant,
      `layerNorm: x ${formatShape(x!)} gamma ${formatShape(gamma!)} beta ${formatShape(beta!)}`,
    );
    if (residual) {
      const same = inputs[1]!.rows === x!.rows && inputs[1]!.cols === x!.cols;
      invariant(same, `layerNorm: x ${formatShape(x!)} residual ${formatShape(inputs[1]!)}`);
    }
    return x!;
  },

  backward(node, dOut, wants, graph) {
    const summands = node.attributes.residual ? 2 : 1;
    const { name, attributes } = node;
    const sums = node.inputs.slice(0, summands);
    const dSum = wants.slice(0, summands).some(Boolean)
      ? graph.apply(layerNormGradInput, [...sums, node.inputs[summands]!, dOut], attributes, `${name}.dX`)
      : null;
    const columns = (x: Node, part: string) => graph.apply(columnSum, [x], {}, `${name}.${part}`);
    const dGamma = () =>
      columns(graph.apply(layerNormGradGamma, [...sums, dOut], attributes, `${name}.dGammaTerms`), 'dGamma');
    return [
      ...sums.map(() => dSum),
      wants[summands] ? dGamma() : null,
      wants[summands + 1] ? columns(dOut, 'dBeta') : null,
    ];
  },

  reference({ inputs, attributes, rows, cols, out }) {
    const x = inputs[0]!;
    const residual = attributes.residual ? inputs[1]! : undefined;
    const [gamma, beta] = inputs.slice(residual ? 2 : 1);
    for (let i = 0; i < rows; i++) {
      const { centred, rstd } = normalizeRow(x, residual, i * cols, cols, attributes.epsilon as number);
      for (let j = 0; j < cols; j++) out[i * cols + j] = centred[j]! * rstd * gamma![j]! + beta![j]!;
    }
  },

  flops: (_inputs, rows, cols) => 8 * rows * cols,
};

/** Inputs x, [residual], gamma, dY → dX [M, D]. */
export const layerNormGradInput: Op = {
  name: 'layerNormGradInput',
  infer: ([x]) => x!,

  reference({ inputs, attributes, rows, cols, out }) {
    const x = inputs[0]!;
    const residual = attributes.residual ? inputs[1]! : undefined;
    const [gamma, dY] = inputs.slice(residual ? 2 : 1);
    for (let i = 0; i < rows; i++) {
      const { centred, rstd } = normalizeRow(x, residual, i * cols, cols, attributes.epsilon as number);
      let meanG = 0;
      let meanGS = 0;
      for (let j = 0; j < cols; j++) {
        const g = dY![i * cols + j]! * gamma![j]!;
        meanG += g / cols;
        meanGS += (g * centred[j]! * rstd) / cols;
      }
      for (let j = 0; j < cols; j++) {
        const g = dY![i * cols + j]! * gamma![j]!;
        out[i * cols + j] = rstd * (g - meanG - centred[j]! * rstd * meanGS);
      }
    }
  },

  flops: (_inputs, rows, cols) => 14 * rows * cols,
};

/** Inputs x, [residual], dY → dY · ŝ [M, D], whose column sums are dGamma. */
export const layerNormGradGamma: Op = {
  name: 'layerNormGradGamma',
  infer: ([x]) => x!,

  reference({ inputs, attributes, rows, cols, out }) {
    const x = inputs[0]!;
    const residual = attributes.residual ? inputs[1]! : undefined;
    const dY = inputs.at(-1)!;
    for (let i = 0; i < rows; i++) {
      const { centred, rstd } = normalizeRow(x, residual, i * cols, cols, attributes.epsilon as number);
      for (let j = 0; j < cols; j++) out[i * cols + j] = dY[i * cols + j]! * centred[j]! * rstd;
    }
  },

  flops: (_inputs, rows, cols) => 9 * rows * cols,
};

function normalizeRow(
  x: ArrayLike<number>,
  residual: ArrayLike<number> | undefined,
  offset: number,
  cols: number,
  epsilon: number,
) {
  const centred = new Float64Array(cols);
  let mean = 0;
  for (let j = 0; j < cols; j++) {
    centred[j] = x[offset + j]! + (residual ? residual[offset + j]! : 0);
    mean += centred[j]! / cols;
  }
  let variance = 0;
  for (let j = 0; j < cols; j++) {
    centred[j]! -= mean;
    variance += centred[j]! ** 2 / cols;
  }
  return { centred, rstd: 1 / Math.sqrt(variance + epsilon) };
}

/** LayerNorm(x [+ residual]). */
export function normalize(
  graph: GraphBuilder,
  x: Node,
  residual: Node | undefined,
  parameters: { readonly gamma: Node; readonly beta: Node; readonly epsilon: number },
  name: string,
): Node {
  const { gamma, beta, epsilon } = parameters;
  return graph.apply(
    layerNorm,
    [x, ...(residual ? [residual] : []), gamma, beta],
    { epsilon, residual: !!residual },
    name,
  );
}
