/**
 * The numbers of an exported model: each tensor an initializer under its own name, in the model's precision, and what the
 * operators that read it need to have it in float32.
 *
 * - `f32`: as it is.
 * - `f16`: matrices and embedding tables as halves that a `Cast` widens when the model is loaded. ONNX Runtime's CPU kernels,
 *   wasm's among them, have no products of halves: a graph in float16 would be one with casts around every operator.
 * - `int8`: matrices and tables of the base model with a scale for each row. Products are `MatMulInteger` of the activations,
 *   quantised as they come (`DynamicQuantizeLinear`), with unsigned weights around 128: the products of signed ones overflow 16 bits
 *   in ONNX Runtime's AVX2 kernels. Adapter, head, biases and LayerNorms stay as they are.
 */
import { StudioError } from '../../errors';
import type { LeafNode } from '../../graph/graph';
import { packHalves, roundTo, rowScale } from '../../graph/rounding';
import { arithmetic } from '../../lower/onnx/arithmetic';
import type { OnnxLowering } from '../../lower/onnx/lowering';
import type { ElementType, OnnxGraph, Value } from '../../lower/onnx/onnx-graph';
import type { Precision } from './precision';

const zeroPoint = 128;

export class Weights {
  readonly #graph: OnnxGraph;
  readonly #precision: Precision;
  readonly #read: (name: string) => Float32Array;
  readonly #isOfBase: (name: string) => boolean;

  /** `read` gives any tensor; `isOfBase` tells the base model's from those that were trained beside them. */
  constructor(
    graph: OnnxGraph,
    precision: Precision,
    read: (name: string) => Float32Array,
    isOfBase: (name: string) => boolean,
  ) {
    this.#graph = graph;
    this.#precision = precision;
    this.#read = read;
    this.#isOfBase = isOfBase;
  }

  /** f32 [rows, cols]. */
  matrix({ name, shape }: LeafNode): Value {
    const [rows, cols] = [Number(shape.rows), shape.cols];
    if (rows === 1) return this.#plain(name, rows, cols);
    if (this.#precision === 'f16') return this.#widened(this.#halves(name, rows, cols));
    if (!this.#isQuantized(name)) return this.#plain(name, rows, cols);
    // Read by something else than a product of rows: a norm of the weights.
    const { weight, scale } = this.#bytes(name, rows, cols);
    const zeros = this.#constant(
      'u8',
      'zeros',
      [rows],
      Uint8Array.from({ length: rows }, () => zeroPoint),
    );
    const dequantized = this.#graph.op('DequantizeLinear', [weight, scale, zeros], { axis: 1 });
    return arithmetic(this.#graph).transpose(dequantized, 1, 0);
  }

  /** Rows of an embedding table [rows, cols], `ids` int64 of any shape → f32 [...ids, cols]. */
  rowsOf(name: string, rows: number, cols: number, ids: Value): Value {
    const { op, gather, mul, asFloat, axes } = arithmetic(this.#graph);
    if (this.#precision === 'f16') return this.#widened(gather(this.#halves(name, rows, cols), ids));
    if (!this.#isQuantized(name)) return gather(this.#plain(name, rows, cols), ids);
    const { signed, scales } = quantized(this.#read(name), rows);
    const table = this.#constant('i8', name, [rows, cols], signed);
    const scale = this.#constant('f32', `${name}.scale`, [rows], scales);
    return mul(asFloat(gather(table, ids)), op('Unsqueeze', [gather(scale, ids), axes(-1)]));
  }

  /** x [M, in] times a base matrix [out, in] in bytes, for `gemm`; the registered lowering where it is something else. */
  product(plain: OnnxLowering): OnnxLowering {
    return (call) => {
      const leaf = call.node.inputs[1]!;
      const { transposeA, transposeB, alpha, bias, addend } = call.node.attributes;
      if (leaf.kind === 'op' || !this.#isQuantized(leaf.name)) return plain(call);
      if (transposeA || !transposeB || alpha !== 1) return plain(call);
      const { op, ops } = { op: this.#graph.op.bind(this.#graph), ops: this.#graph.ops.bind(this.#graph) };
      const { add, mul, asFloat, reshape } = arithmetic(this.#graph);
      const { weight, scale } = this.#bytes(leaf.name, Number(leaf.shape.rows), leaf.shape.cols);
      const [x, xScale, xZero] = ops('DynamicQuantizeLinear', [call.inputs[0]!], {}, 3);
      const zero = this.#constant('u8', 'zero', [], Uint8Array.of(zeroPoint));
      // As ONNX Runtime's own quantiser writes it, so that its fusions know it.
      const sum = asFloat(op('MatMulInteger', [x!, weight, xZero!, zero]));
      let y = mul(sum, mul(xScale!, scale));
      if (bias) y = add(y, reshape(call.inputs[2]!, -1));
      return addend ? add(y, call.inputs[bias ? 3 : 2]!) : y;
    };
  }

  #isQuantized(name: string): boolean {
    return this.#precision === 'int8' && this.#isOfBase(name) && name.endsWith('.weight') && !isNorm(name);
  }

  #plain(name: string, rows: number, cols: number): Value {
    return this.#constant('f32', name, [rows, cols], this.#read(name));
  }

  #halves(name: string, rows: number, cols: number): Value {
    const rounded = roundTo('f16', this.#read(name), rows);
    if (!rounded)
      throw new StudioError(
        'weights-too-large',
        `${name} has values beyond 65,504, the largest number of 16 bits.`,
        'Download the model in 32 bits, or in 8.',
      );
    const halves = new Uint16Array(rounded.length);
    packHalves(rounded, halves);
    return this.#constant('f16', name, [rows, cols], halves);
  }

  #widened(halves: Value): Value {
    return arithmetic(this.#graph).asFloat(halves);
  }

  /** u8 [cols, rows] around 128, and f32 [rows]. */
  #bytes(name: string, rows: number, cols: number): { readonly weight: Value; readonly scale: Value } {
    if (!this.#graph.hasInitializer(name)) {
      const { signed, scales } = quantized(this.#read(name), rows);
      const turned = new Uint8Array(rows * cols);
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < cols; j++) turned[j * rows + i] = signed[i * cols + j]! + zeroPoint;
      this.#constant('u8', name, [cols, rows], turned);
      this.#constant('f32', `${name}.scale`, [rows], scales);
    }
    return { weight: name, scale: `${name}.scale` };
  }

  #constant(
    type: ElementType,
    name: string,
    dims: readonly number[],
    { buffer, byteOffset, byteLength }: Float32Array | Uint16Array | Uint8Array | Int8Array,
  ): Value {
    const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
    return this.#graph.initializer(name, { type, dims, bytes });
  }
}

/** Bytes of each row of a matrix, and what they are multiplied by. */
function quantized(
  data: Float32Array,
  rows: number,
): { readonly signed: Int8Array; readonly scales: Float32Array } {
  const cols = data.length / rows;
  const signed = new Int8Array(data.length);
  const scales = new Float32Array(rows);
  const rounded = roundTo('int8', data, rows)!;
  for (let row = 0; row < rows; row++) {
    const scale = rowScale(data.subarray(row * cols, (row + 1) * cols));
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = row * cols; i < (row + 1) * cols; i++) signed[i] = rounded[i]! / scale;
  }
  return { signed, scales };
}

const isNorm = (name: string) => /layer_?norm\.weight$/i.test(name);
