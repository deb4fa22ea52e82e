/**
 * Which values a storage can hold of a frozen weight matrix [rows, cols]: float32, halves, or bytes with a scale for each row.
 * How they lie in memory is the executor's matter.
 *
 * `roundTo` is idempotent, and what it returns fits its storage without loss: a model that is stored compactly and one that
 * holds the same rounded values in float32 compute the same bits.
 */
import { invariant } from '../errors';
import type { Storage } from './frozen';

/** Largest finite half. */
const largestHalf = 65504;
const smallestNormalHalf = 2 ** -14;
/** Between the halves below that. */
const halfSpacing = 2 ** -24;

/** Rows of smaller values than this are zeros: their scale, and its products, would be subnormal numbers. */
const smallestRow = 2 ** -100;

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

/**
 * max |w| / 127, rounded up to 16 significant bits, so that a byte times it is exact in float32: dequantised values do not
 * depend on who multiplies. The largest value of a row stays ±127 steps.
 */
export function rowScale(row: Float32Array): number {
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

/** The bits of each half; `values` must have come through `roundTo`. */
export function packHalves(values: Float32Array, halves: Uint16Array): void {
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
