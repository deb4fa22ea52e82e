/**
 * The counter-based random numbers of dropout: a u32 hash of where the element stands, so that forward, backward, every
 * executor and a resumed run draw the same mask without storing it. Only u32 multiply, xor, add and right shift, which
 * WGSL and JavaScript (`Math.imul`, `>>>`) define alike. Twin: `lower/webgpu/dropout/rng.wgsl`.
 */

/** The 32-bit finalizer of MurmurHash3 (Appleby, public domain): a bijection with full avalanche. */
function mix32(value: number): number {
  let h = value >>> 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Folds one more coordinate into a key. 0x9e3779b9 = 2³² / golden ratio keeps zeros from staying zero. */
export function fold(key: number, coordinate: number): number {
  return mix32((Math.imul(key, 31) + (coordinate >>> 0) + 0x9e3779b9) >>> 0);
}

/** Key of all masks of one site in one micro-step; `site` is `siteHash` of its stable name. */
export function maskKey(seed: number, microStep: number, site: number): number {
  return fold(fold(fold(0, seed), microStep), site);
}

/** FNV-1a of a site's name: the same in every build, whatever order the graph was made in. */
export function siteHash(name: string): number {
  let h = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) h = Math.imul(h ^ byte, 0x01000193) >>> 0;
  return h;
}

/** An element is dropped where its hash is below this: probability rate to within 2⁻³². */
export function dropThreshold(rate: number): number {
  return Math.min(0xffffffff, Math.floor(rate * 2 ** 32));
}
