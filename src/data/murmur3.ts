/**
 * MurmurHash3_x86_128 (Austin Appleby, SMHasher, public domain), of which 64 bits are kept. In the language itself, since texts
 * of a data set are hashed one by one: the calls into WebAssembly cost several times what the arithmetic does.
 */
const [c1, c2, c3, c4] = [0x239b961b, 0xab0e9789, 0x38b34ae5, 0xa1e38b93];

/** The first 64 bits for `bytes`, as two 32-bit halves, into `out[at]` and `out[at + 1]`. */
export function murmur3(bytes: Uint8Array, seed: number, out: Uint32Array, at: number): void {
  let [h1, h2, h3, h4] = [seed | 0, seed | 0, seed | 0, seed | 0];
  const length = bytes.length;
  const whole = length & ~15;
  for (let i = 0; i < whole; i += 16) {
    h1 = (rotated(h1 ^ mixed(word(bytes, i), c1, 15, c2), 19) + h2) | 0;
    h1 = (Math.imul(h1, 5) + 0x561ccd1b) | 0;
    h2 = (rotated(h2 ^ mixed(word(bytes, i + 4), c2, 16, c3), 17) + h3) | 0;
    h2 = (Math.imul(h2, 5) + 0x0bcaa747) | 0;
    h3 = (rotated(h3 ^ mixed(word(bytes, i + 8), c3, 17, c4), 15) + h4) | 0;
    h3 = (Math.imul(h3, 5) + 0x96cd1c35) | 0;
    h4 = (rotated(h4 ^ mixed(word(bytes, i + 12), c4, 18, c1), 13) + h1) | 0;
    h4 = (Math.imul(h4, 5) + 0x32ac3b17) | 0;
  }
  // Words of the tail that the text does not fill have zeros there, which change nothing.
  if (length > whole) {
    h1 ^= mixed(lastWord(bytes, whole), c1, 15, c2);
    h2 ^= mixed(lastWord(bytes, whole + 4), c2, 16, c3);
    h3 ^= mixed(lastWord(bytes, whole + 8), c3, 17, c4);
    h4 ^= mixed(lastWord(bytes, whole + 12), c4, 18, c1);
  }
  h1 ^= length;
  h2 ^= length;
  h3 ^= length;
  h4 ^= length;
  h1 = (h1 + h2 + h3 + h4) | 0;
  h2 = finished((h2 + h1) | 0);
  h3 = finished((h3 + h1) | 0);
  h4 = finished((h4 + h1) | 0);
  h1 = (finished(h1) + h2 + h3 + h4) | 0;
  out[at] = h1;
  out[at + 1] = h2 + h1;
}

const rotated = (x: number, bits: number) => (x << bits) | (x >>> (32 - bits));

const mixed = (word: number, before: number, bits: number, after: number) =>
  Math.imul(rotated(Math.imul(word, before), bits), after);

const word = (bytes: Uint8Array, i: number) =>
  bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24);

function lastWord(bytes: Uint8Array, begin: number): number {
  let value = 0;
  for (let i = begin; i < Math.min(begin + 4, bytes.length); i++) value |= bytes[i]! << (8 * (i - begin));
  return value;
}

function finished(h: number): number {
  const a = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
  return b ^ (b >>> 16);
}
