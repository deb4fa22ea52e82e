/**
 * Element types of tensor files and their way to float32. Little-endian throughout, as both formats demand.
 * Knows bytes; knows nothing of files.
 */

export type FloatDtype = 'F32' | 'F16' | 'BF16' | 'F64';

/** Bytes per element of every dtype that safetensors defines with whole bytes. */
export const bytesPerElement: ReadonlyMap<string, number> = new Map([
  ['BOOL', 1],
  ['U8', 1],
  ['I8', 1],
  ['F8_E5M2', 1],
  ['F8_E4M3', 1],
  ['U16', 2],
  ['I16', 2],
  ['F16', 2],
  ['BF16', 2],
  ['U32', 4],
  ['I32', 4],
  ['F32', 4],
  ['U64', 8],
  ['I64', 8],
  ['F64', 8],
  ['C64', 8],
]);

/** Whether tensors of this dtype can be read as float32. */
export function isFloatDtype(dtype: string): dtype is FloatDtype {
  return dtype === 'F32' || dtype === 'F16' || dtype === 'BF16' || dtype === 'F64';
}

/** Bits of the float32 with the same value as the half with these bits (IEEE 754 binary16). */
function bitsOfHalf(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0x1f) return (sign | 0x7f800000 | (mantissa << 13)) >>> 0;
  if (exponent !== 0) return (sign | ((exponent + 112) << 23) | (mantissa << 13)) >>> 0;
  if (mantissa === 0) return sign >>> 0;
  const shift = Math.clz32(mantissa) - 21; // subnormal: move the leading bit to 2^10
  return (sign | ((113 - shift) << 23) | (((mantissa << shift) & 0x3ff) << 13)) >>> 0;
}

let table: Uint32Array | undefined;

/** All 65,536 halves, 256 KiB, made on first use: a look-up is several times faster than arithmetic. */
function halfTable(): Uint32Array {
  table ??= Uint32Array.from({ length: 65536 }, (_, half) => bitsOfHalf(half));
  return table;
}

/**
 * A fresh float32 array of the values in `bytes`, which hold whole elements of `dtype` at any alignment. F64 is
 * rounded; NaN payloads of halves are kept.
 */
export function toFloat32(bytes: Uint8Array, dtype: FloatDtype): Float32Array<ArrayBuffer> {
  // A copy starts at offset 0, so every typed array fits on it; and it never keeps the whole file alive.
  const buffer = bytes.slice().buffer as ArrayBuffer;
  switch (dtype) {
    case 'F32':
      return new Float32Array(buffer);
    case 'F64':
      return new Float32Array(new Float64Array(buffer));
    case 'F16': {
      const halves = new Uint16Array(buffer);
      const bits = new Uint32Array(halves.length);
      const lookup = halfTable();
      for (let i = 0; i < halves.length; i++) bits[i] = lookup[halves[i]!]!;
      return new Float32Array(bits.buffer);
    }
    case 'BF16': {
      const halves = new Uint16Array(buffer);
      const bits = new Uint32Array(halves.length);
      for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
      return new Float32Array(bits.buffer);
    }
  }
}

/** The bytes of `data`, without a copy. */
export function bytesOf(data: Float32Array): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Number of elements of a shape; `[]` is a scalar. */
export function elementCount(shape: readonly number[]): number {
  let count = 1;
  for (const size of shape) count *= size;
  return count;
}
