/**
 * General matrix product: `out = alpha · op(a) · op(b) [+ bias] [+ addend]`, op(x) = x or its transpose. Every linear
 * layer, every LoRA factor and every weight gradient is one of these.
 *
 * op(a) [M, K], op(b) [K, N], bias [1, N], addend [M, N] → out [M, N]. Torch's linear layer, weight [out, in], is
 * `gemm(x, weight, bias)` with `transposeB`.
 */
import { invariant } from '../../errors';
import { formatShape, type GraphBuilder, type Node, type Shape } from '../../graph/graph';
import type { Op, ReferenceCall } from '../../graph/op';
import { sum } from '../add/add';
import { columnSum } from '../columnSum/columnSum';

export interface GemmOptions {
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly alpha?: number;
  readonly bias?: Node | undefined;
  readonly addend?: Node | undefined;
}

interface GemmAttributes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
  readonly alpha: number;
}

export const gemm: Op = {
  name: 'gemm',

  infer(inputs, attributes) {
    const [a, b] = inputs as [Shape, Shape];
    const [m, ka] = attributes.transposeA ? [a.cols, a.rows] : [a.rows, a.cols];
    const [kb, n] = attributes.transposeB ? [b.cols, b.rows] : [b.rows, b.cols];
    const operands = `a ${formatShape(a)}${attributes.transposeA ? 'ᵀ' : ''} b ${formatShape(b)}${attributes.transposeB ? 'ᵀ' : ''}`;
    invariant(ka === kb, `gemm: inner sizes differ, ${operands}: ${ka} and ${kb}`);
    invariant(typeof n === 'number', `gemm: columns of the result must be constant, ${operands}`);
    let next = 2;
    if (attributes.bias) {
      const bias = inputs[next++]!;
      invariant(
        bias.rows === 1 && bias.cols === n,
        `gemm: bias ${formatShape(bias)} for ${operands}, expected [1, ${n}]`,
      );
    }
    if (attributes.addend) {
      const addend = inputs[next++]!;
      invariant(
        addend.rows === m && addend.cols === n,
        `gemm: addend ${formatShape(addend)} for ${operands}`,
      );
    }
    return { rows: m, cols: n };
  },

  backward(node, dOut, wants, graph) {
    const [a, b] = node.inputs as [Node, Node];
    const { transposeA, transposeB, alpha } = node.attributes as unknown as GemmAttributes;
    const product = (x: Node, y: Node, ta: boolean, tb: boolean, name: string) =>
      matmul(graph, x, y, { transposeA: ta, transposeB: tb, alpha }, `${node.name}.${name}`);
    // dA = alpha · dOut · op(b)ᵀ and dB = alpha · op(a)ᵀ · dOut, transposed again where the input itself was.
    const dA = wants[0]
      ? transposeA
        ? product(b, dOut, transposeB, true, 'dA')
        : product(dOut, b, false, !transposeB, 'dA')
      : null;
    const dB = wants[1]
      ? transposeB
        ? product(dOut, a, true, transposeA, 'dB')
        : product(a, dOut, !transposeA, false, 'dB')
      : null;
    const gradients: (Node | null)[] = [dA, dB];
    if (node.attributes.bias) {
      gradients.push(
        wants[gradients.length] ? graph.apply(columnSum, [dOut], {}, `${node.name}.dBias`) : null,
      );
    }
    if (node.attributes.addend) gradients.push(dOut);
    return gradients;
  },

  reference({ inputs, inputShapes, attributes, rows, cols, out }: ReferenceCall) {
    const [a, b] = inputs as [Float64Array, Float64Array];
    const [aShape, bShape] = inputShapes as [readonly [number, number], readonly [number, number]];
    const inner = attributes.transposeA ? aShape[0] : aShape[1];
    const alpha = attributes.alpha as number;
    const [aRow, aInner] = attributes.transposeA ? [1, aShape[1]] : [aShape[1], 1];
    const [bInner, bCol] = attributes.transposeB ? [1, bShape[1]] : [bShape[1], 1];
    const bias = attributes.bias ? inputs[2]! : undefined;
    const addend = attributes.addend ? inputs[attributes.bias ? 3 : 2]! : undefined;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < cols; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a[i * aRow + k * aInner]! * b[k * bInner + j * bCol]!;
        out[i * cols + j] = alpha * sum + (bias ? bias[j]! : 0) + (addend ? addend[i * cols + j]! : 0);
      }
    }
  },

  flops([aShape], _rows, cols) {
    // a has M · K entries, whichever way it lies.
    return 2 * cols * aShape![0] * aShape![1];
  },
};

/** `alpha · op(a) · op(b) [+ bias] [+ addend]`. */
export function matmul(graph: GraphBuilder, a: Node, b: Node, options: GemmOptions, name: string): Node {
  const { transposeA = false, transposeB = false, alpha = 1, bias, addend } = options;
  const inputs = [a, b, ...(bias ? [bias] : []), ...(addend ? [addend] : [])];
  return graph.apply(gemm, inputs, { transposeA, transposeB, alpha, bias: !!bias, addend: !!addend }, name);
}

/** Torch's linear layer: x [M, in], weight [out, in], bias [1, out] → [M, out]. */
export function linear(
  graph: GraphBuilder,
  x: Node,
  weight: Node,
  bias: Node | undefined,
  name: string,
): Node {
  return matmul(graph, x, weight, { transposeB: true, bias }, name);
}

/**
 * addend + product. Where `product` is a plain matrix product, both are one node: the product's own node
 * is dropped where nothing else needs it.
 */
export function addProduct(graph: GraphBuilder, addend: Node, product: Node, name: string): Node {
  if (product.kind !== 'op' || product.op !== gemm || product.attributes.bias || product.attributes.addend)
    return sum(graph, addend, product, name);
  const [a, b] = product.inputs as [Node, Node];
  const { transposeA, transposeB, alpha } = product.attributes as unknown as GemmAttributes;
  return matmul(graph, a, b, { transposeA, transposeB, alpha, addend }, name);
}
