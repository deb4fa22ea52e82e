/**
 * How a frozen weight matrix lies in a buffer, in each storage; `gemm/weights.*.wgsl` reads it back. Which values a storage
 * can hold is `graph/rounding.ts`: what was rounded is packed without loss.
 */
import type { Storage } from '../../graph/frozen';
import { packHalves, rowScale } from '../../graph/rounding';

/** 32-bit words of a matrix. */
export function packedWords(storage: Storage, rows: number, cols: number): number {
  switch (storage) {
    case 'f32':
      return rows * cols;
    case 'f16':
      return Math.ceil((rows * cols) / 2);
    case 'int8':
      return Math.ceil((rows * cols) / 4) + rows;
  }
}

/** Rounded values as they lie in a buffer. `data` must have come through `roundTo`. */
export function pack(
  storage: Storage,
  data: Float32Array,
  rows: number,
): Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer> {
  const cols = data.length / rows;
  if (storage === 'f32') return data as Float32Array<ArrayBuffer>;
  const words = new Uint32Array(packedWords(storage, rows, cols));
  if (storage === 'f16') {
    packHalves(data, new Uint16Array(words.buffer));
    return words;
  }
  const bytes = new Int8Array(words.buffer);
  const scales = new Float32Array(words.buffer, 4 * (words.length - rows));
  for (let row = 0; row < rows; row++) {
    const scale = rowScale(data.subarray(row * cols, (row + 1) * cols));
    scales[row] = scale;
    if (scale === 0) continue;
    for (let i = row * cols; i < (row + 1) * cols; i++) bytes[i] = data[i]! / scale;
  }
  return words;
}
