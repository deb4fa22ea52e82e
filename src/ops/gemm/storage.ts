/**
 * How a frozen weight matrix [rows, cols] is stored on a device: as float32, as halves, or as bytes with a scale for each
 * row. Says which values a storage can hold and how they lie in memory; `weights.*.wgsl` reads them back.
 *
 * `roundTo` is idempotent, and what it returns is packed without loss: a model that is stored compactly and one that holds
 * the same rounded values in float32 compute the same bits.
 */
import { invariant } from '../../errors';
import type { Storage } from '../../graph/frozen';

/** Largest finite half. */
const largestHalf = 65504;
const smallestNormalHalf = 2 ** -14;
const halfSpacing = 2 ** -24;

/** Rows of smaller values than this are zeros: their scale, and its products, would be subnormal numbers. */
const smallestRow = 2 ** -100;

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

/** The nearest values that `storage` can hold; `data` itself for f32. Null where a value is too large for a half. */
export function roundTo(storage: Storage, data: Float32Array, rows: number): Float32Array | null {
  if (storage === 'f32') return data;
  const rounded = Float32Array.from(data);
  if (storage === 'f16') {
    roundToHalves(rounded);
    return rounded.every((value) => Math.abs(value) <= largestHalf) ? rounded : null;
  }
  const cols = data.length / rows;
  for (let row = 0; row < rows; row++) {
    const values = rounded.subarray(row * cols, (row + 1) * cols);
    const scale = rowScale(values);
    for (let i = 0; i < cols; i++) values[i] = scale === 0 ? 0 : roundHalfToEven(values[i]! / scale) * scale;
  }
  return rounded;
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

/**
 * max |w| / 127, rounded up to 16 significant bits, so that a byte times it is exact in float32: dequantised values do not
 * depend on who multiplies. The largest value of a row stays ±127 steps.
 */
function rowScale(row: Float32Array): number {
  let largest = 0;
  for (const value of row) largest = Math.max(largest, Math.abs(value));
  invariant(Number.isFinite(largest), 'storage: a weight is not a finite number');
  if (largest < smallestRow) return 0;
  const exact = largest / 127;
  const significand = 2 ** (15 - Math.floor(Math.log2(exact)));
  return Math.ceil(exact * significand) / significand;
}

function roundHalfToEven(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  return rest > 0.5 || (rest === 0.5 && below % 2 !== 0) ? below + 1 : below;
}

/** In place, to nearest, ties to even, as IEEE 754 and torch's `.half()` do. */
function roundToHalves(values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Math.abs(value) < smallestNormalHalf) values[i] = roundHalfToEven(value / halfSpacing) * halfSpacing;
    // The last 13 of float32's 23 bits go; a carry into the exponent is right.
    else bits[i] = (bits[i]! + 0xfff + ((bits[i]! >>> 13) & 1)) & ~0x1fff;
  }
}

function packHalves(values: Float32Array, halves: Uint16Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < values.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000;
    const magnitude = Math.abs(values[i]!);
    halves[i] =
      magnitude < smallestNormalHalf
        ? sign | (magnitude / halfSpacing)
        : // Exponents are biased by 127 and by 15.
          sign | (((bits[i]! & 0x7fffffff) - (112 << 23)) >>> 13);
  }
}
