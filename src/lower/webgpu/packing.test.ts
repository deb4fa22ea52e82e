import fc from 'fast-check';
import { expect, it } from 'vitest';
import { drawnMatrix } from '../../../test/drawn-matrix';
import { roundTo } from '../../graph/rounding';
import { pack, packedWords } from './packing';

/** Decodes halves by the definition of IEEE 754 binary16. */
function halves(words: Uint32Array, count: number): number[] {
  const bits = new Uint16Array(words.buffer);
  return Array.from({ length: count }, (_, i) => {
    const [sign, exponent, mantissa] = [bits[i]! >> 15, (bits[i]! >> 10) & 31, bits[i]! & 1023];
    const magnitude = exponent === 0 ? mantissa * 2 ** -24 : (1 + mantissa / 1024) * 2 ** (exponent - 15);
    return sign ? -magnitude : magnitude;
  });
}

function bytesTimesScales(words: Uint32Array, rows: number, cols: number): number[] {
  const bytes = new Int8Array(words.buffer);
  const scales = new Float32Array(words.buffer, words.byteLength - 4 * rows);
  return Array.from({ length: rows * cols }, (_, i) =>
    Math.fround(bytes[i]! * scales[Math.floor(i / cols)]!),
  );
}

it.each(['f16', 'int8'] as const)('%s: what was rounded is packed without loss', (storage) => {
  fc.assert(
    fc.property(drawnMatrix, ({ rows, cols, data }) => {
      const rounded = roundTo(storage, data, rows)!;
      const words = pack(storage, rounded, rows) as Uint32Array<ArrayBuffer>;
      expect(words.length).toBe(packedWords(storage, rows, cols));
      const decoded = storage === 'f16' ? halves(words, rows * cols) : bytesTimesScales(words, rows, cols);
      expect(decoded.map((value) => value + 0)).toEqual([...rounded].map((value) => value + 0));
    }),
  );
});
