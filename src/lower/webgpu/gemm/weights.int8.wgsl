// b as bytes of either sign, four a word, the first in the low bits; after them a float32 scale for each row of the matrix
// as it lies, from word SCALES on (see `storage.ts`). A row is an inner index of op(b), or a column where b is transposed.
@group(0) @binding(2) var<storage, read> b: array<u32>;

fn loadB(at: u32, k: u32, n: u32) -> f32 {
  let byte = extractBits(bitcast<i32>(b[at >> 2u]), 8u * (at & 3u), 8u);
  return f32(byte) * bitcast<f32>(b[SCALES + select(k, n, TRANSPOSED)]);
}
