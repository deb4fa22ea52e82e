/** The fingerprint of an adapter: what it computes with, whatever file it came from. Knows no format. */
import type { AdapterBundle } from './bundle';
import { bytesOf } from './dtypes';

/**
 * sha-256, hex, over the tensors of adapter and head sorted by name (by UTF-16 units, which for ASCII is Python's
 * order): the UTF-8 name, a zero byte, the little-endian float32 bytes.
 */
export async function sha256OfBundle(bundle: AdapterBundle): Promise<string> {
  const tensors = [...bundle.tensors, ...bundle.headTensors].sort(([a], [b]) => (a < b ? -1 : 1));
  const encoder = new TextEncoder();
  const parts = tensors.flatMap(([name, { data }]) => [encoder.encode(`${name}\0`), bytesOf(data)]);
  return sha256(parts);
}

/** sha-256, hex, of the concatenation of `parts`. */
export async function sha256(parts: readonly Uint8Array[]): Promise<string> {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', whole));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
