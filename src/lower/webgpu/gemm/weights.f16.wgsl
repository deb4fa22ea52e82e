// b as halves, two a word, the first in the low bits (see `storage.ts`).
@group(0) @binding(2) var<storage, read> b: array<u32>;

fn loadB(at: u32, k: u32, n: u32) -> f32 { return unpack2x16float(b[at >> 1u] >> (16u * (at & 1u))).x; }
