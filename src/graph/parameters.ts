/**
 * Where each trainable parameter stands in the run's flat blocks (values, gradients, both moments): decayed ones first,
 * each on a 256-byte boundary so that a GPU can bind it alone. One order for executors, checkpoints and files.
 */
import type { Shape } from './graph';

export interface ParameterSpec {
  /** Tensor name as the adapter file has it. */
  readonly name: string;
  /** Shape in the file; the graph sees it as a matrix. */
  readonly shape: readonly number[];
  readonly weightDecay: boolean;
}

interface PlacedParameter extends ParameterSpec {
  /** First float in the flat block. */
  readonly offset: number;
  readonly length: number;
}

export interface ParameterLayout {
  readonly parameters: readonly PlacedParameter[];
  /** Floats of a flat block, padding included. */
  readonly totalFloats: number;
  /** Floats of the decayed part: it is `[0, decayedFloats)`. */
  readonly decayedFloats: number;
  /** Trainable numbers, padding not counted. */
  readonly count: number;
}

const alignment = 64; // floats: 256 bytes, WebGPU's default minStorageBufferOffsetAlignment

const aligned = (floats: number) => Math.ceil(floats / alignment) * alignment;

export function layoutParameters(specs: readonly ParameterSpec[]): ParameterLayout {
  const ordered = [...specs.filter((spec) => spec.weightDecay), ...specs.filter((spec) => !spec.weightDecay)];
  const parameters: PlacedParameter[] = [];
  let offset = 0;
  let decayedFloats = 0;
  for (const spec of ordered) {
    const length = spec.shape.reduce((product, size) => product * size, 1);
    parameters.push({ ...spec, offset, length });
    offset += aligned(length);
    if (spec.weightDecay) decayedFloats = offset;
  }
  return {
    parameters,
    totalFloats: offset,
    decayedFloats,
    count: parameters.reduce((sum, p) => sum + p.length, 0),
  };
}

/** A tensor as the graph's matrix: vectors and scalars are one row. */
export function matrixShape(shape: readonly number[]): Shape & { readonly rows: number } {
  const cols = shape.at(-1) ?? 1;
  const rows = shape.slice(0, -1).reduce((product, size) => product * size, 1);
  return { rows, cols };
}

/** Splits a flat block into named tensors (copies). */
export function unpackParameters(
  layout: ParameterLayout,
  block: Float32Array,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  return new Map(
    layout.parameters.map(({ name, shape, offset, length }) => [
      name,
      { shape, data: block.slice(offset, offset + length) },
    ]),
  );
}

/** Inverse of `unpackParameters`; throws where a tensor is missing or has another length. */
export function packParameters(
  layout: ParameterLayout,
  tensors: ReadonlyMap<string, { readonly data: Float32Array }>,
): Float32Array<ArrayBuffer> {
  const block = new Float32Array(layout.totalFloats);
  for (const { name, offset, length } of layout.parameters) {
    const tensor = tensors.get(name);
    if (!tensor || tensor.data.length !== length) {
      throw new Error(
        `packParameters: ${name} has ${tensor?.data.length ?? 'no'} values, expected ${length}`,
      );
    }
    block.set(tensor.data, offset);
  }
  return block;
}
